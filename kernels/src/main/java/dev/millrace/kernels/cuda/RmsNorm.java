package dev.millrace.kernels.cuda;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.KernelException;
import dev.millrace.kernels.Tensor;

/**
 * {@code out = in / √(mean(in²) + epsilon) · weight} for rows, for the sum of two rows, and for the heads of a row; {@code
 * rms_norm.cu}.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class RmsNorm {
    /** A thread holds at most this many elements. */
    private static final int MOST_PER_THREAD = 32;

    private static final int HEAD_BLOCK = 128;
    private static final int HEADS_PER_BLOCK = HEAD_BLOCK / 32;

    private final CudaOps ops;
    private final EntryPoint plain;
    private final EntryPoint add;
    private final EntryPoint heads;

    public RmsNorm(CudaOps ops) {
        this.ops = ops;
        boolean bf16 = ops.activationType() == DType.BF16;
        plain = bf16 ? EntryPoint.RMS_NORM_BF16 : EntryPoint.RMS_NORM_F16;
        add = bf16 ? EntryPoint.ADD_RMS_NORM_BF16 : EntryPoint.ADD_RMS_NORM_F16;
        heads = bf16 ? EntryPoint.HEAD_RMS_NORM_BF16 : EntryPoint.HEAD_RMS_NORM_F16;
    }

    /** {@code delta}, unless null, is added to {@code in} first, in place. A row holds one or more heads of weight's size. */
    public void run(Tensor out, Tensor in, Tensor delta, Tensor weight, float epsilon, int rows) {
        if (in.dtype() != DType.F32) {
            runHeads(in, weight, epsilon, rows);
            return;
        }
        Launcher launch = ops.launcher().begin(delta == null ? plain : add).tensor(out).tensor(in);
        if (delta != null) {
            launch.tensor(delta);
        }
        launch.tensor(weight).int32(in.columns()).int32(out.rowStride()).int32(in.rowStride());
        if (delta != null) {
            launch.int32(delta.rowStride());
        }
        launch.float32(epsilon).run(rows, threads(in.columns()));
    }

    private static int threads(int columns) {
        int threads = RowThreads.of(columns, 4, columns <= 16384 ? 512 : 1024);
        if (columns > MOST_PER_THREAD * threads) {
            throw new KernelException(
                    "rmsNorm: rows of " + columns + " elements; the most is 32768");
        }
        return threads;
    }

    private void runHeads(Tensor in, Tensor weight, float epsilon, int rows) {
        int size = weight.columns();
        if (size > MOST_PER_THREAD * 32) {
            throw new KernelException("headRmsNorm: heads of " + size + "; the most is 1024");
        }
        int headsPerRow = in.columns() / size;
        ops.launcher()
                .begin(heads)
                .tensor(in)
                .tensor(weight)
                .int32(rows)
                .int32(headsPerRow)
                .int32(size)
                .int32(in.rowStride())
                .float32(epsilon)
                .run((rows * headsPerRow + HEADS_PER_BLOCK - 1) / HEADS_PER_BLOCK, HEAD_BLOCK);
    }
}
