package dev.millrace.kernels.cuda;

import dev.millrace.kernels.WeightFormat;
import java.nio.ByteBuffer;

/** Values of a row as a checkpoint stores it; the layouts are described at {@link WeightFormat}. */
final class StoredRow {
    private StoredRow() {}

    /** Element {@code i} of the row at {@code from}, exactly. */
    static float value(WeightFormat format, ByteBuffer stored, int from, int i) {
        return switch (format) {
            case F32 -> stored.getFloat(from + i * Float.BYTES);
            case F16 -> Halves.F16.widen(stored.getShort(from + i * Short.BYTES));
            case BF16 -> Halves.BF16.widen(stored.getShort(from + i * Short.BYTES));
            case Q8_0, Q4_0, Q4_1 ->
                    scale(format, stored, from, i) * quant(format, stored, from, i)
                            + offset(format, stored, from, i);
        };
    }

    /** Small integer of element {@code i}: signed for Q8_0, 0 to 15 for the others. */
    static int quant(WeightFormat format, ByteBuffer stored, int from, int i) {
        int block = block(format, from, i);
        int in = i % format.blockElements();
        if (format == WeightFormat.Q8_0) {
            return stored.get(block + 2 + in);
        }
        int head = format == WeightFormat.Q4_1 ? 4 : 2;
        return stored.get(block + head + in % 16) >> in / 16 * 4 & 15;
    }

    /** Scale of the block that holds element {@code i}. */
    static float scale(WeightFormat format, ByteBuffer stored, int from, int i) {
        return Halves.F16.widen(stored.getShort(block(format, from, i)));
    }

    /** What is added to scale times integer. */
    static float offset(WeightFormat format, ByteBuffer stored, int from, int i) {
        int block = block(format, from, i);
        return switch (format) {
            case Q4_0 -> -8 * Halves.F16.widen(stored.getShort(block));
            case Q4_1 -> Halves.F16.widen(stored.getShort(block + 2));
            case F32, F16, BF16, Q8_0 -> 0;
        };
    }

    private static int block(WeightFormat format, int from, int i) {
        return from + i / format.blockElements() * format.blockBytes();
    }
}
