package dev.millrace.kernels;

import java.nio.ByteBuffer;
import java.util.Random;

/** A quantised weight of random bytes, and what they mean, decoded without the product's code. */
public final class TestingQuantized implements QuantizedSource {
    private final Quantization quantization;
    private final int n;
    private final int k;
    private final byte[] bytes;

    private TestingQuantized(Quantization quantization, int n, int k, byte[] bytes) {
        this.quantization = quantization;
        this.n = n;
        this.k = k;
        this.bytes = bytes;
    }

    public static TestingQuantized groups(
            int bits,
            int groupSize,
            DType scaleType,
            boolean zeroPoints,
            boolean permuted,
            int n,
            int k,
            Random random) {
        byte[] bytes = new byte[n * k];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) random.nextInt(1 << bits);
        }
        int count = n * ((k + groupSize - 1) / groupSize);
        short[] scales = new short[count];
        short[] seconds = new short[count];
        for (int i = 0; i < count; i++) {
            scales[i] = bits(scaleType, random.nextFloat() * 0.1f);
            float second = zeroPoints ? random.nextInt(1 << bits) : (float) random.nextGaussian();
            seconds[i] = bits(scaleType, second);
        }
        int[] permutation = permuted ? shuffled(k, random) : null;
        Quantization.Groups groups =
                new Quantization.Groups(
                        bits, groupSize, scaleType, zeroPoints, scales, seconds, permutation);
        return new TestingQuantized(groups, n, k, bytes);
    }

    private static short bits(DType type, float value) {
        return dev.millrace.kernels.cuda.Halves.of(type).round(value);
    }

    private static int[] shuffled(int k, Random random) {
        int[] order = new int[k];
        for (int i = 0; i < k; i++) {
            int j = random.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }

    public static TestingQuantized int8(int n, int k, Random random) {
        byte[] bytes = new byte[n * k];
        random.nextBytes(bytes);
        return new TestingQuantized(new Quantization.Int8(scales(n, random)), n, k, bytes);
    }

    public static TestingQuantized e4m3(
            Quantization.ScaleGrid grid, float inputScale, int n, int k, Random random) {
        byte[] bytes = new byte[n * k];
        for (int i = 0; i < bytes.length; i++) {
            // Magnitudes up to 240, no NaN.
            bytes[i] = (byte) (random.nextInt(0x78) | random.nextInt(2) << 7);
        }
        int count =
                switch (grid) {
                    case TENSOR -> 1;
                    case ROW -> n;
                    case BLOCK_128 -> (n + 127) / 128 * ((k + 127) / 128);
                    case ROW_128 -> n * ((k + 127) / 128);
                };
        return new TestingQuantized(
                new Quantization.E4m3(grid, scales(count, random), inputScale), n, k, bytes);
    }

    private static float[] scales(int count, Random random) {
        float[] scales = new float[count];
        for (int i = 0; i < count; i++) {
            scales[i] = 0.001f + random.nextFloat() * 0.01f;
        }
        return scales;
    }

    @Override
    public Quantization quantization() {
        return quantization;
    }

    @Override
    public int n() {
        return n;
    }

    @Override
    public int k() {
        return k;
    }

    @Override
    public void readRows(int firstRow, int numRows, ByteBuffer target) {
        target.put(bytes, firstRow * k, numRows * k);
    }

    /** Values [n, k], scales included; of groups, inputs in the order of the activations, before rounding to A. */
    double[][] decode() {
        double[][] values = new double[n][k];
        for (int row = 0; row < n; row++) {
            for (int i = 0; i < k; i++) {
                byte q = bytes[row * k + i];
                if (quantization instanceof Quantization.Groups groups) {
                    int column = groups.permutation() == null ? i : groups.permutation()[i];
                    values[row][column] = group(groups, row, i, q & 0xFF);
                } else if (quantization instanceof Quantization.Int8 int8) {
                    values[row][i] = q * (double) int8.rowScales()[row];
                } else {
                    Quantization.E4m3 e4m3 = (Quantization.E4m3) quantization;
                    values[row][i] = e4m3(q) * (double) scale(e4m3, row, i);
                }
            }
        }
        return values;
    }

    private double group(Quantization.Groups groups, int row, int i, int q) {
        int index =
                row * ((k + groups.groupSize() - 1) / groups.groupSize()) + i / groups.groupSize();
        double scale = half(groups.scaleType(), groups.scales()[index]);
        double second = half(groups.scaleType(), groups.seconds()[index]);
        return groups.zeroPoints() ? scale * (q - second) : (float) (scale * q + second);
    }

    private static double half(DType type, short bits) {
        return type == DType.F16 ? TestingWeight.f16(bits) : Float.intBitsToFloat(bits << 16);
    }

    private float scale(Quantization.E4m3 e4m3, int row, int i) {
        return switch (e4m3.grid()) {
            case TENSOR -> e4m3.scales()[0];
            case ROW -> e4m3.scales()[row];
            case BLOCK_128 -> e4m3.scales()[row / 128 * ((k + 127) / 128) + i / 128];
            case ROW_128 -> e4m3.scales()[row * ((k + 127) / 128) + i / 128];
        };
    }

    /** Value of E4M3 by its definition. */
    static double e4m3(int bits) {
        int exponent = bits >> 3 & 15;
        double magnitude =
                exponent == 0
                        ? (bits & 7) * 0x1p-9
                        : Math.scalb(1 + (bits & 7) / 8.0, exponent - 7);
        return (bits & 0x80) != 0 ? -magnitude : magnitude;
    }
}
