package dev.millrace.engine.loader;

import dev.millrace.kernels.GgufBlock;
import dev.millrace.kernels.WeightFormat;
import dev.millrace.kernels.WeightSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A matrix of any format read as float32, for the rare stack whose parts differ. */
record WidenedMatrix(WeightSource stored) implements WeightSource {

    static WeightSource of(WeightSource stored) {
        return stored.format() == WeightFormat.F32 ? stored : new WidenedMatrix(stored);
    }

    @Override
    public WeightFormat format() {
        return WeightFormat.F32;
    }

    @Override
    public int n() {
        return stored.n();
    }

    @Override
    public int k() {
        return stored.k();
    }

    @Override
    public void readRows(int firstRow, int numRows, ByteBuffer target) {
        WeightFormat format = stored.format();
        int rowBytes = Math.toIntExact(format.rowBytes(k()));
        ByteBuffer row = ByteBuffer.allocate(rowBytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int r = firstRow; r < firstRow + numRows; r++) {
            row.clear();
            stored.readRows(r, 1, row);
            for (int i = 0; i < k(); i++) {
                target.putFloat(value(format, row, i));
            }
        }
    }

    private static float value(WeightFormat format, ByteBuffer row, int i) {
        return switch (format) {
            case F32 -> row.getFloat(i * Float.BYTES);
            case F16 -> Floats.ofHalf(row.getShort(i * Short.BYTES));
            case BF16 -> Float.intBitsToFloat(row.getShort(i * Short.BYTES) << 16);
            case Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K ->
                    GgufBlock.value(format, row, 0, i);
        };
    }
}
