package dev.millrace.kernels.cuda;

import dev.millrace.kernels.Tensor;

/**
 * RMSNorm, with an addition before it, of rows or of heads.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class RmsNorm {
    private final CudaOps ops;

    public RmsNorm(CudaOps ops) {
        this.ops = ops;
    }

    public void run(Tensor out, Tensor in, Tensor delta, Tensor weight, float epsilon, int rows) {
        throw new UnsupportedOperationException("RmsNorm of " + ops.device());
    }
}
