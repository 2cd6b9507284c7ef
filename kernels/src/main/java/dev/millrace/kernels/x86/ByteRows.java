package dev.millrace.kernels.x86;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.DeviceBuffer;
import dev.millrace.kernels.Tensor;

/** Rows of bytes as products take them: each padded to whole steps of a product, and behind them all a sum of each in INT32. */
public final class ByteRows {
    /** Inputs that a product in int8 takes at a time. */
    private static final int STEP = 64;

    private ByteRows() {}

    /** A tensor of such rows, zeroed. */
    public static Tensor allocate(Memory memory, int rows, int columns, String purpose) {
        int stride = (columns + STEP - 1) / STEP * STEP;
        long bytes = (long) rows * (stride + DType.INT32.sizeBytes());
        DeviceBuffer buffer = memory.allocate(DType.INT8, bytes, purpose);
        return new Tensor(DType.INT8, rows, columns, stride, buffer, 0);
    }

    /** Where the sums of the rows lie. */
    static long sums(Tensor rows) {
        return rows.address() + (long) rows.rows() * rows.rowStride();
    }
}
