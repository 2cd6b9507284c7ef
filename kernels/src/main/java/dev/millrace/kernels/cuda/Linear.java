package dev.millrace.kernels.cuda;

import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.Weight;

/**
 * out = in · weightᵀ + bias.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class Linear {
    private final CudaOps ops;

    public Linear(CudaOps ops) {
        this.ops = ops;
    }

    public void run(Tensor out, Tensor in, Weight weight, Tensor bias, int rows) {
        throw new UnsupportedOperationException("Linear of " + ops.device());
    }
}
