package dev.millrace.kernels.cuda;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.DenseWeight;
import dev.millrace.kernels.KernelException;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.Weight;

/**
 * {@code out = in · weightᵀ + bias}; {@code linear.cu}.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class Linear {
    private final CudaOps ops;
    private final LinearEntries dense;

    public Linear(CudaOps ops) {
        this.ops = ops;
        dense = new LinearEntries("LINEAR_" + ops.activationType());
    }

    /** Computes {@code rows} rows; out A or F32. */
    public void run(Tensor out, Tensor in, Weight weight, Tensor bias, int rows) {
        if (weight instanceof DenseWeight plain && !plain.gateUp()) {
            runDense(out, in, plain, bias, rows);
        } else {
            throw new KernelException("linear: the weight was packed for another operation");
        }
    }

    private void runDense(Tensor out, Tensor in, DenseWeight weight, Tensor bias, int rows) {
        LinearTile tile = LinearTile.choose(ops.device(), weight.n(), rows);
        Launcher launch =
                ops.launcher()
                        .begin(dense.of(tile))
                        .tensor(out)
                        .tensor(in)
                        .address(DeviceAddress.of(weight.data()))
                        .tensor(bias)
                        .int32(rows)
                        .int32(weight.n())
                        .int32(weight.k())
                        .int32(in.rowStride())
                        .int32(out.rowStride())
                        .int32(out.dtype() == DType.F32 ? 1 : 0);
        tile.run(launch, weight.n(), rows);
    }
}
