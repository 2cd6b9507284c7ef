package dev.millrace.kernels.cuda;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.KernelException;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.Weight;

/**
 * {@code out = in · weightᵀ + bias}; {@code linear.cu}, {@code linear_group.cu}, {@code linear_w8a8.cu}.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class Linear {
    private final LinearProduct product;

    public Linear(CudaOps ops, LinearInput input) {
        this(ops, input, LinearTile::choose);
    }

    Linear(CudaOps ops, LinearInput input, LinearTile.Choice choice) {
        product = new LinearProduct(ops, input, choice, false);
    }

    /** Computes {@code rows} rows; out A or F32. */
    public void run(Tensor out, Tensor in, Weight weight, Tensor bias, int rows) {
        if (weight.gateUp()) {
            throw new KernelException("linear: the weight was packed for gatedLinear");
        }
        product.run(out, in, weight, bias, out.dtype() == DType.F32 ? 1 : 0, 0, rows);
    }
}
