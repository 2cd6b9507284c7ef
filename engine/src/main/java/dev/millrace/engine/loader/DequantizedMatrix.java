package dev.millrace.engine.loader;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.Quantization;
import dev.millrace.kernels.QuantizedSource;
import dev.millrace.kernels.WeightFormat;
import dev.millrace.kernels.WeightSource;
import java.nio.ByteBuffer;

/** A quantised matrix read as float32: one product of an exact integer or E4M3 with its scale, as its own tool computes it. */
record DequantizedMatrix(QuantizedSource codes) implements WeightSource {
    private static final int BLOCK = 128;

    @Override
    public WeightFormat format() {
        return WeightFormat.F32;
    }

    @Override
    public int n() {
        return codes.n();
    }

    @Override
    public int k() {
        return codes.k();
    }

    @Override
    public void readRows(int firstRow, int numRows, ByteBuffer target) {
        int k = k();
        ByteBuffer bytes = ByteBuffer.allocate(k);
        float[] values = new float[k];
        for (int row = firstRow; row < firstRow + numRows; row++) {
            bytes.clear();
            codes.readRows(row, 1, bytes);
            decode(bytes.array(), row, values);
            for (float value : values) {
                target.putFloat(value);
            }
        }
    }

    private void decode(byte[] bytes, int row, float[] values) {
        Quantization quantization = codes.quantization();
        if (quantization instanceof Quantization.Groups groups) {
            for (int i = 0; i < bytes.length; i++) {
                int input = groups.permutation() == null ? i : groups.permutation()[i];
                values[input] = group(groups, row, i, bytes[i] & 0xFF);
            }
        } else if (quantization instanceof Quantization.Int8 int8) {
            for (int i = 0; i < bytes.length; i++) {
                values[i] = bytes[i] * int8.rowScales()[row];
            }
        } else {
            Quantization.E4m3 e4m3 = (Quantization.E4m3) quantization;
            for (int i = 0; i < bytes.length; i++) {
                values[i] = Floats.ofE4m3(bytes[i]) * scale(e4m3, row, i);
            }
        }
    }

    private float group(Quantization.Groups groups, int row, int i, int code) {
        int perRow = (k() + groups.groupSize() - 1) / groups.groupSize();
        int index = row * perRow + i / groups.groupSize();
        float scale = widen(groups.scaleType(), groups.scales()[index]);
        float second = widen(groups.scaleType(), groups.seconds()[index]);
        return groups.zeroPoints() ? (code - second) * scale : Math.fma(code, scale, second);
    }

    private static float widen(DType type, short bits) {
        return type == DType.F16 ? Floats.ofHalf(bits) : Float.intBitsToFloat(bits << 16);
    }

    private float scale(Quantization.E4m3 e4m3, int row, int i) {
        int perRow = (k() + BLOCK - 1) / BLOCK;
        return switch (e4m3.grid()) {
            case TENSOR -> e4m3.scales()[0];
            case ROW -> e4m3.scales()[row];
            case BLOCK_128 -> e4m3.scales()[row / BLOCK * perRow + i / BLOCK];
            case ROW_128 -> e4m3.scales()[row * perRow + i / BLOCK];
        };
    }
}
