package dev.millrace.kernels.cuda;

import dev.millrace.kernels.Tensor;

/**
 * out[r] = ln softmax(logits[r])[targets[r]].
 *
 * <p>Thread-safety: one call at a time.
 */
public final class Logprobs {
    private final CudaOps ops;

    public Logprobs(CudaOps ops) {
        this.ops = ops;
    }

    public void run(Tensor out, Tensor logits, Tensor targets, int rows) {
        throw new UnsupportedOperationException("Logprobs of " + ops.device());
    }
}
