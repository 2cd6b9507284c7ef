package dev.millrace.kernels.cuda;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.Fp8Weight;
import dev.millrace.kernels.Int8Weight;
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
    private final DType activationType;

    public Linear(CudaOps ops, LinearInput input) {
        this(ops, input, LinearTile::choose);
    }

    Linear(CudaOps ops, LinearInput input, LinearTile.Choice choice) {
        product = new LinearProduct(ops, input, choice, false);
        activationType = ops.activationType();
    }

    /** Type of the rows that {@code weight} multiplies: 8 bits where each row is quantised by itself, else A. */
    public DType inputType(Weight weight) {
        if (weight instanceof Int8Weight) {
            return DType.INT8;
        }
        boolean byToken =
                weight instanceof Fp8Weight bytes && !bytes.blocks() && bytes.inputScale() == null;
        return byToken ? DType.F8_E4M3 : activationType;
    }

    /** Computes {@code rows} rows; out A or F32. */
    public void run(Tensor out, Tensor in, Weight weight, Tensor bias, int rows) {
        if (weight.gateUp()) {
            throw new KernelException("linear: the weight was packed for gatedLinear");
        }
        product.run(out, in, weight, bias, out.dtype() == DType.F32 ? 1 : 0, 0, rows);
    }
}
