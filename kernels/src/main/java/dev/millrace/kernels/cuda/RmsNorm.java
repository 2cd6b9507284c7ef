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
    private final EntryPoint heads;
    private final EntryPoint wideHeads;
    private final Norms stored;
    private final Norms int8;
    private final Norms e4m3;

    /** Kernels for one type of output. */
    private record Norms(EntryPoint plain, EntryPoint add) {
        static Norms of(String suffix) {
            return new Norms(
                    EntryPoint.valueOf("RMS_NORM_" + suffix),
                    EntryPoint.valueOf("ADD_RMS_NORM_" + suffix));
        }
    }

    public RmsNorm(CudaOps ops) {
        this.ops = ops;
        DType a = ops.activationType();
        heads = EntryPoint.valueOf("HEAD_RMS_NORM_" + a);
        wideHeads = EntryPoint.valueOf("WIDE_HEAD_RMS_NORM_" + a);
        stored = Norms.of(a.name());
        int8 = Norms.of("INT8_" + a);
        e4m3 = Norms.of("E4M3_" + a);
    }

    /** {@code delta}, unless null, is added to {@code in} first, in place. A row holds one or more heads of weight's size. */
    public void run(Tensor out, Tensor in, Tensor delta, Tensor weight, float epsilon, int rows) {
        if (in.dtype() != DType.F32) {
            runHeads(in, weight, epsilon, rows);
            return;
        }
        Norms norms = norms(out.dtype());
        Launcher launch = ops.launcher().begin(delta == null ? norms.plain : norms.add).tensor(out);
        if (out.scales() != null) {
            launch.tensor(out.scales());
        }
        launch.tensor(in);
        if (delta != null) {
            launch.tensor(delta);
        }
        launch.tensor(weight).int32(in.columns()).int32(out.rowStride()).int32(in.rowStride());
        if (delta != null) {
            launch.int32(delta.rowStride());
        }
        launch.float32(epsilon).run(rows, threads(in.columns()));
    }

    private Norms norms(DType out) {
        return switch (out) {
            case INT8 -> int8;
            case F8_E4M3 -> e4m3;
            case F32, BF16, F16, INT32, INT64 -> stored;
        };
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
        int headsPerRow = in.columns() / size;
        if (size > MOST_PER_THREAD * 32) {
            runWideHeads(in, weight, headsPerRow, epsilon, rows);
            return;
        }
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

    private void runWideHeads(Tensor in, Tensor weight, int headsPerRow, float epsilon, int rows) {
        ops.launcher()
                .begin(wideHeads)
                .tensor(in)
                .tensor(weight)
                .int32(headsPerRow)
                .int32(weight.columns())
                .int32(in.rowStride())
                .float32(epsilon)
                .run(rows * headsPerRow, threads(weight.columns()));
    }
}
