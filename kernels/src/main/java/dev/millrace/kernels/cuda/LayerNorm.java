package dev.millrace.kernels.cuda;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.KernelException;
import dev.millrace.kernels.Tensor;

/**
 * {@code out = (in − mean(in)) / √(variance(in) + epsilon) · weight + bias} for rows, and for the sum of two rows; {@code
 * layer_norm.cu}.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class LayerNorm {
    /** A thread holds at most this many elements. */
    private static final int MOST_PER_THREAD = 32;

    private final CudaOps ops;
    private final EntryPoint plain;
    private final EntryPoint add;

    public LayerNorm(CudaOps ops) {
        this.ops = ops;
        boolean bf16 = ops.activationType() == DType.BF16;
        plain = bf16 ? EntryPoint.LAYER_NORM_BF16 : EntryPoint.LAYER_NORM_F16;
        add = bf16 ? EntryPoint.ADD_LAYER_NORM_BF16 : EntryPoint.ADD_LAYER_NORM_F16;
    }

    /** {@code delta}, unless null, is added to {@code in} first, in place; {@code bias} may be null. */
    public void run(
            Tensor out,
            Tensor in,
            Tensor delta,
            Tensor weight,
            Tensor bias,
            float epsilon,
            int rows) {
        Launcher launch = ops.launcher().begin(delta == null ? plain : add).tensor(out).tensor(in);
        if (delta != null) {
            launch.tensor(delta);
        }
        launch.tensor(weight)
                .tensor(bias)
                .int32(in.columns())
                .int32(out.rowStride())
                .int32(in.rowStride());
        if (delta != null) {
            launch.int32(delta.rowStride());
        }
        launch.float32(epsilon).run(rows, threads(in.columns()));
    }

    private static int threads(int columns) {
        int threads = RowThreads.of(columns, 4, columns <= 16384 ? 512 : 1024);
        if (columns > MOST_PER_THREAD * threads) {
            throw new KernelException(
                    "layerNorm: rows of " + columns + " elements; the most is 32768");
        }
        return threads;
    }
}
