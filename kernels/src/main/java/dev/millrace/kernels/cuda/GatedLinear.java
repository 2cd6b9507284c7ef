package dev.millrace.kernels.cuda;

import dev.millrace.kernels.Activation;
import dev.millrace.kernels.DenseWeight;
import dev.millrace.kernels.KernelException;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.Weight;

/**
 * {@code out = activation(in · gateᵀ + bias) · (in · upᵀ + bias)}: one product over rows of gate and up in turns, gated before
 * it is stored; {@code linear.cu}.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class GatedLinear {
    private final CudaOps ops;
    private final LinearEntries dense;

    public GatedLinear(CudaOps ops) {
        this.ops = ops;
        dense = new LinearEntries("GATED_LINEAR_" + ops.activationType());
    }

    /** Computes {@code rows} rows; {@code gateUp} comes from {@link WeightPacker#packGateUp}. */
    public void run(
            Tensor out, Tensor in, Weight gateUp, Tensor bias, Activation activation, int rows) {
        if (gateUp instanceof DenseWeight weight && weight.gateUp()) {
            runDense(out, in, weight, bias, activation, rows);
        } else {
            throw new KernelException("gatedLinear: the weight was packed for another operation");
        }
    }

    private void runDense(
            Tensor out,
            Tensor in,
            DenseWeight weight,
            Tensor bias,
            Activation activation,
            int rows) {
        int packedRows = WeightTiles.packedRows(weight.n(), true);
        LinearTile tile = LinearTile.choose(ops.device(), packedRows, rows);
        Launcher launch =
                ops.launcher()
                        .begin(dense.of(tile))
                        .tensor(out)
                        .tensor(in)
                        .address(DeviceAddress.of(weight.data()))
                        .tensor(bias)
                        .int32(rows)
                        .int32(weight.n() / 2)
                        .int32(weight.k())
                        .int32(in.rowStride())
                        .int32(out.rowStride())
                        .int32(code(activation));
        tile.run(launch, packedRows, rows);
    }

    /** As {@code linear_store.cuh} names it. */
    private static int code(Activation activation) {
        return switch (activation) {
            case SILU -> 0;
            case GELU_TANH -> 1;
        };
    }
}
