package dev.millrace.kernels.cuda;

import dev.millrace.kernels.SamplingBatch;
import dev.millrace.kernels.Tensor;

/**
 * Draws a token for each row, in the order of {@code cpu.Sampling}; {@code sampling.cu}.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class Sampling {
    /** Histogram and candidates; the tokens counted at a time for penalties, 4 bytes each. */
    private static final int LEAST_SHARED_BYTES = 16 << 10;

    private static final int MOST_SHARED_BYTES = 64 << 10;

    private final CudaOps ops;

    public Sampling(CudaOps ops) {
        this.ops = ops;
    }

    /** Draws {@code batch.rows()} tokens; overwrites the logits. */
    public void run(Tensor logits, SamplingBatch batch) {
        int columns = logits.columns();
        int shared =
                Math.min(MOST_SHARED_BYTES, Math.max(LEAST_SHARED_BYTES, Integer.BYTES * columns));
        Launcher launch =
                ops.launcher()
                        .begin(EntryPoint.SAMPLE)
                        .tensor(logits)
                        .tensor(batch.temperature)
                        .tensor(batch.topK)
                        .tensor(batch.topP)
                        .tensor(batch.minP)
                        .tensor(batch.repetitionPenalty)
                        .tensor(batch.presencePenalty)
                        .tensor(batch.frequencyPenalty)
                        .tensor(batch.seed)
                        .tensor(batch.position)
                        .tensor(batch.numLogprobs)
                        .tensor(batch.history())
                        .tensor(batch.cuHistory)
                        .tensor(batch.promptLens)
                        .tensor(batch.biasIds())
                        .tensor(batch.biasValues())
                        .tensor(batch.cuBias);
        launch.tensor(batch.allowed)
                .tensor(batch.masked)
                .tensor(batch.historyLogits())
                .tensor(batch.biasLogits())
                .tensor(batch.tokenIds)
                .tensor(batch.logprobs)
                .tensor(batch.topIds)
                .tensor(batch.topLogprobs)
                .int32(columns)
                .int32(logits.rowStride())
                .int32(batch.allowed.rowStride())
                .int32(batch.topIds.rowStride())
                .run(batch.rows(), 1, 1, RowThreads.ofLogits(columns), shared);
    }
}
