package dev.millrace.kernels.cuda;

import dev.millrace.kernels.Tensor;

/**
 * {@code out[r] = ln softmax(logits[r])[targets[r]]}; {@code logprobs.cu}.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class Logprobs {
    private final CudaOps ops;

    public Logprobs(CudaOps ops) {
        this.ops = ops;
    }

    /** Computes {@code rows} rows. */
    public void run(Tensor out, Tensor logits, Tensor targets, int rows) {
        ops.launcher()
                .begin(EntryPoint.TOKEN_LOGPROBS)
                .tensor(out)
                .tensor(logits)
                .tensor(targets)
                .int32(logits.columns())
                .int32(logits.rowStride())
                .run(rows, RowThreads.ofLogits(logits.columns()));
    }
}
