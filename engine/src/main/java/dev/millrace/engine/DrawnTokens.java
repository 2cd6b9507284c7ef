package dev.millrace.engine;

import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.Readback;
import dev.millrace.kernels.SamplingBatch;
import java.util.ArrayList;
import java.util.List;

/**
 * The tokens that one step draws, on their way from the device into its batch.
 *
 * <p>Thread-safety: none; owned by the engine thread.
 */
final class DrawnTokens {
    private final Readback readback;
    private final int[] ids;
    private final int[] topIds;
    private final float[] logprobs;
    private final float[] topLogprobs;
    private boolean withLogprobs;

    /** Room for {@code maxRows} tokens. */
    DrawnTokens(Kernels kernels, int maxRows) {
        int most = maxRows * SamplingBatch.MAX_LOGPROBS;
        ids = new int[maxRows];
        topIds = new int[most];
        logprobs = new float[maxRows];
        topLogprobs = new float[most];
        readback = kernels.newReadback(2 * (maxRows + most) * Integer.BYTES);
    }

    /** Forgets the step before. */
    void clear() {
        readback.clear();
    }

    /** Enqueues the copies of the {@code count} tokens that {@code batch} draws. */
    void copy(ScheduledBatch batch, SamplingBatch drawn, int count) {
        readback.copy(drawn.tokenIds, count, ids);
        withLogprobs = batch.wantsLogprobs();
        if (withLogprobs) {
            int most = count * SamplingBatch.MAX_LOGPROBS;
            readback.copy(drawn.logprobs, count, logprobs);
            readback.copy(drawn.topIds, most, topIds);
            readback.copy(drawn.topLogprobs, most, topLogprobs);
        }
    }

    /** Waits for the copies, and writes the tokens into the batch. */
    void read(ScheduledBatch batch) {
        readback.await();
        int row = 0;
        for (int s = 0; s < batch.size(); s++) {
            if (batch.samples(s)) {
                TokenLogprob logprob = withLogprobs ? logprob(batch.sequence(s), row) : null;
                batch.setSampled(s, ids[row], logprob);
                row++;
            }
        }
    }

    private TokenLogprob logprob(Sequence sequence, int row) {
        int wanted = sequence.sampling.logprobs();
        if (wanted < 0) {
            return null;
        }
        List<TokenLogprob> top = new ArrayList<>(wanted);
        for (int i = 0; i < wanted; i++) {
            int at = row * SamplingBatch.MAX_LOGPROBS + i;
            top.add(new TokenLogprob(topIds[at], topLogprobs[at], List.of()));
        }
        return new TokenLogprob(ids[row], logprobs[row], top);
    }
}
