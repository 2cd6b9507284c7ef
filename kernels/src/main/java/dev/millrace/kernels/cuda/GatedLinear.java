package dev.millrace.kernels.cuda;

import dev.millrace.kernels.Activation;
import dev.millrace.kernels.KernelException;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.Weight;

/**
 * {@code out = activation(in · gateᵀ + bias) · (in · upᵀ + bias)}: one product over rows of gate and up in turns, gated before
 * it is stored; the same files as {@link Linear}.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class GatedLinear {
    private final LinearProduct product;

    public GatedLinear(CudaOps ops, LinearInput input) {
        this(ops, input, LinearTile::choose);
    }

    GatedLinear(CudaOps ops, LinearInput input, LinearTile.Choice choice) {
        product = new LinearProduct(ops, input, choice, true);
    }

    /** Computes {@code rows} rows; {@code gateUp} comes from {@link WeightPacker#packGateUp}. */
    public void run(
            Tensor out, Tensor in, Weight gateUp, Tensor bias, Activation activation, int rows) {
        if (!gateUp.gateUp()) {
            throw new KernelException("gatedLinear: the weight was packed for linear");
        }
        product.run(out, in, gateUp, bias, code(activation), 0, rows);
    }

    /** As {@code activation.cuh} names it. */
    static int code(Activation activation) {
        return switch (activation) {
            case SILU -> 0;
            case GELU_TANH -> 1;
            case CLAMPED_SILU -> 2;
        };
    }
}
