package dev.millrace.kernels.cpu;

import dev.millrace.kernels.Quantization;
import dev.millrace.kernels.QuantizedSource;
import dev.millrace.kernels.WeightFormat;
import dev.millrace.kernels.WeightSource;
import java.nio.ByteBuffer;

/**
 * A matrix of codes read as float32: each is an exact integer times its scale plus its offset, or an exact E4M3 number times its
 * scale, rounded once.
 *
 * <p>Thread-safety: as {@link WeightSource}.
 */
public final class DecodedRows implements WeightSource {
    private final CodedRows rows;
    private final int[] inputs;

    /** {@code inputs} is the input that stands at each place; null where they are in order. */
    private DecodedRows(CodedRows rows, int[] inputs) {
        this.rows = rows;
        this.inputs = inputs;
    }

    /** Reads GGUF blocks. */
    public static DecodedRows of(WeightSource blocks) {
        return new DecodedRows(CodedRows.of(blocks), null);
    }

    /** Reads the codes of a quantised checkpoint, inputs in the order of the activations. */
    public static DecodedRows of(QuantizedSource codes) {
        int[] inputs =
                codes.quantization() instanceof Quantization.Groups groups
                        ? groups.permutation()
                        : null;
        return new DecodedRows(CodedRows.of(codes), inputs);
    }

    @Override
    public WeightFormat format() {
        return WeightFormat.F32;
    }

    @Override
    public int n() {
        return rows.n();
    }

    @Override
    public int k() {
        return rows.k();
    }

    /** {@code target} is little-endian. */
    @Override
    public void readRows(int firstRow, int numRows, ByteBuffer target) {
        ByteBuffer stored = rows.read(firstRow, numRows);
        float[] values = new float[rows.k()];
        for (int r = 0; r < numRows; r++) {
            decode(stored, r * (int) rows.rowBytes(), firstRow + r, values);
            for (float value : values) {
                target.putFloat(value);
            }
        }
    }

    private void decode(ByteBuffer stored, int from, int row, float[] values) {
        boolean e4m3 = rows.code() == CodedPanel.Code.E4M3;
        for (int first = 0; first < values.length; first += rows.groupSize()) {
            int group = first / rows.groupSize();
            float scale = rows.scale(stored, from, row, group);
            float offset = rows.offset(stored, from, row, group);
            int end = Math.min(first + rows.groupSize(), values.length);
            for (int i = first; i < end; i++) {
                int bits = rows.bits(stored, from, i);
                values[inputs == null ? i : inputs[i]] =
                        e4m3 ? CodedPanel.e4m3(bits) * scale : Math.fma(bits, scale, offset);
            }
        }
    }
}
