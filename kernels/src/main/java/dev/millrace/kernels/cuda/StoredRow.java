package dev.millrace.kernels.cuda;

import dev.millrace.kernels.GgufBlock;
import dev.millrace.kernels.WeightFormat;
import java.nio.ByteBuffer;

/** Values of a row as a checkpoint stores it; the layouts are described at {@link WeightFormat}. */
final class StoredRow {
    private StoredRow() {}

    /** Element {@code i} of the row at {@code from}, in float32. */
    static float value(WeightFormat format, ByteBuffer stored, int from, int i) {
        return switch (format) {
            case F32 -> stored.getFloat(from + i * Float.BYTES);
            case F16 -> Halves.F16.widen(stored.getShort(from + i * Short.BYTES));
            case BF16 -> Halves.BF16.widen(stored.getShort(from + i * Short.BYTES));
            case Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K ->
                    GgufBlock.value(format, stored, from, i);
        };
    }
}
