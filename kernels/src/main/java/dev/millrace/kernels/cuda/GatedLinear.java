package dev.millrace.kernels.cuda;

import dev.millrace.kernels.Activation;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.Weight;

/**
 * out = activation(in · gateᵀ + bias) · (in · upᵀ + bias).
 *
 * <p>Thread-safety: one call at a time.
 */
public final class GatedLinear {
    private final CudaOps ops;

    public GatedLinear(CudaOps ops) {
        this.ops = ops;
    }

    public void run(
            Tensor out, Tensor in, Weight gateUp, Tensor bias, Activation activation, int rows) {
        throw new UnsupportedOperationException("GatedLinear of " + ops.device());
    }
}
