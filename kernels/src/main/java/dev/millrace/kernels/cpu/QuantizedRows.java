package dev.millrace.kernels.cpu;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.Quantization;
import dev.millrace.kernels.QuantizedSource;
import java.nio.ByteBuffer;

/** Rows of a quantised checkpoint: a byte an element, scales apart. */
abstract class QuantizedRows implements CodedRows {
    private final QuantizedSource source;

    private QuantizedRows(QuantizedSource source) {
        this.source = source;
    }

    static CodedRows of(QuantizedSource source) {
        Quantization quantization = source.quantization();
        if (quantization instanceof Quantization.Groups groups) {
            return new Groups(source, groups);
        }
        if (quantization instanceof Quantization.Int8 int8) {
            return new SignedBytes(source, int8.rowScales());
        }
        return new Floats(source, (Quantization.E4m3) quantization);
    }

    @Override
    public int n() {
        return source.n();
    }

    @Override
    public int k() {
        return source.k();
    }

    @Override
    public long rowBytes() {
        return source.k();
    }

    @Override
    public int groupSize() {
        return source.k();
    }

    @Override
    public void readRows(int firstRow, int numRows, ByteBuffer target) {
        source.readRows(firstRow, numRows, target);
    }

    @Override
    public int bits(ByteBuffer stored, int from, int i) {
        return stored.get(from + i) & 0xFF;
    }

    @Override
    public float offset(ByteBuffer stored, int from, int row, int group) {
        return 0;
    }

    /** Scale and zero point have at most 11 and 8 bits, so that their product is exact. */
    private static final class Groups extends QuantizedRows {
        private final Quantization.Groups groups;
        private final int perRow;

        Groups(QuantizedSource source, Quantization.Groups groups) {
            super(source);
            this.groups = groups;
            perRow = (source.k() + groups.groupSize() - 1) / groups.groupSize();
        }

        @Override
        public CodedPanel.Code code() {
            return groups.bits() == 4 ? CodedPanel.Code.INT4 : CodedPanel.Code.INT8;
        }

        @Override
        public int groupSize() {
            return groups.groupSize();
        }

        @Override
        public int bits(ByteBuffer stored, int from, int i) {
            return stored.get(from + i) & (1 << groups.bits()) - 1;
        }

        @Override
        public float scale(ByteBuffer stored, int from, int row, int group) {
            return widen(groups.scales()[row * perRow + group]);
        }

        @Override
        public float offset(ByteBuffer stored, int from, int row, int group) {
            float second = widen(groups.seconds()[row * perRow + group]);
            return groups.zeroPoints() ? -second * scale(stored, from, row, group) : second;
        }

        private float widen(short bits) {
            return groups.scaleType() == DType.F16
                    ? FloatMath.fromF16(bits)
                    : FloatMath.fromBf16(bits);
        }
    }

    /** Shifted to 0 to 255, as the loops want them; 128 times the scale is exact. */
    private static final class SignedBytes extends QuantizedRows {
        private final float[] scales;

        SignedBytes(QuantizedSource source, float[] scales) {
            super(source);
            this.scales = scales;
        }

        @Override
        public CodedPanel.Code code() {
            return CodedPanel.Code.INT8;
        }

        @Override
        public int bits(ByteBuffer stored, int from, int i) {
            return stored.get(from + i) + 128;
        }

        @Override
        public float scale(ByteBuffer stored, int from, int row, int group) {
            return scales[row];
        }

        @Override
        public float offset(ByteBuffer stored, int from, int row, int group) {
            return -128 * scales[row];
        }
    }

    private static final class Floats extends QuantizedRows {
        private final Quantization.E4m3 e4m3;
        private final int blocksPerRow;

        Floats(QuantizedSource source, Quantization.E4m3 e4m3) {
            super(source);
            this.e4m3 = e4m3;
            blocksPerRow = (source.k() + CodedPacker.BLOCK - 1) / CodedPacker.BLOCK;
        }

        @Override
        public CodedPanel.Code code() {
            return CodedPanel.Code.E4M3;
        }

        @Override
        public int groupSize() {
            return switch (e4m3.grid()) {
                case TENSOR, ROW -> super.groupSize();
                case BLOCK_128, ROW_128 -> CodedPacker.BLOCK;
            };
        }

        @Override
        public float scale(ByteBuffer stored, int from, int row, int group) {
            return switch (e4m3.grid()) {
                case TENSOR -> e4m3.scales()[0];
                case ROW -> e4m3.scales()[row];
                case BLOCK_128 -> e4m3.scales()[row / CodedPacker.BLOCK * blocksPerRow + group];
                case ROW_128 -> e4m3.scales()[row * blocksPerRow + group];
            };
        }
    }
}
