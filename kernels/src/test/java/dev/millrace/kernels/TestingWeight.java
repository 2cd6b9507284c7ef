package dev.millrace.kernels;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;

/** A weight of random stored bytes, and what they mean, decoded without the product's code. */
public final class TestingWeight implements WeightSource {
    private final WeightFormat format;
    private final int n;
    private final int k;
    private final byte[] bytes;

    TestingWeight(WeightFormat format, int n, int k, byte[] bytes) {
        this.format = format;
        this.n = n;
        this.k = k;
        this.bytes = bytes;
    }

    public static TestingWeight random(WeightFormat format, int n, int k, Random random) {
        byte[] bytes = new byte[(int) (n * format.rowBytes(k))];
        random.nextBytes(bytes);
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at < bytes.length; at += format.blockBytes()) {
            switch (format) {
                case F32 -> buffer.putFloat(at, (float) random.nextGaussian());
                case BF16 ->
                        buffer.putShort(
                                at,
                                (short)
                                        (Float.floatToIntBits((float) random.nextGaussian())
                                                >>> 16));
                case F16 -> buffer.putShort(at, smallF16(random));
                case Q8_0, Q4_0 -> buffer.putShort(at, smallF16(random));
                case Q4_1 -> {
                    buffer.putShort(at, smallF16(random));
                    buffer.putShort(at + 2, smallF16(random));
                }
            }
        }
        return new TestingWeight(format, n, k, bytes);
    }

    static TestingWeight f32(int n, int k, float[] values) {
        ByteBuffer buffer = ByteBuffer.allocate(4 * n * k).order(ByteOrder.LITTLE_ENDIAN);
        buffer.asFloatBuffer().put(values);
        return new TestingWeight(WeightFormat.F32, n, k, buffer.array());
    }

    /** A float16 of magnitude under 2, of any sign, now and then denormal. */
    private static short smallF16(Random random) {
        return (short) (random.nextInt(0x4000) | random.nextInt(2) << 15);
    }

    @Override
    public WeightFormat format() {
        return format;
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
        int rowBytes = (int) format.rowBytes(k);
        target.put(bytes, firstRow * rowBytes, numRows * rowBytes);
    }

    double[][] decode() {
        double[][] values = new double[n][k];
        for (int row = 0; row < n; row++) {
            for (int i = 0; i < k; i++) {
                values[row][i] = decode(row, i);
            }
        }
        return values;
    }

    private double decode(int row, int i) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int size = format.blockElements();
        int in = i % size;
        int at = (int) (row * format.rowBytes(k)) + i / size * format.blockBytes();
        return switch (format) {
            case F32 -> buffer.getFloat(at);
            case BF16 -> Float.intBitsToFloat(buffer.getShort(at) << 16);
            case F16 -> f16(buffer.getShort(at));
            case Q8_0 -> f16(buffer.getShort(at)) * buffer.get(at + 2 + in);
            case Q4_0 -> f16(buffer.getShort(at)) * (nibble(buffer, at + 2, in) - 8);
            case Q4_1 ->
                    f16(buffer.getShort(at)) * nibble(buffer, at + 4, in)
                            + f16(buffer.getShort(at + 2));
        };
    }

    private static int nibble(ByteBuffer buffer, int at, int in) {
        int pair = buffer.get(at + in % 16) & 0xFF;
        return in < 16 ? pair % 16 : pair / 16;
    }

    /** Value of a float16 by its definition. */
    static double f16(short bits) {
        int exponent = bits >> 10 & 31;
        int fraction = bits & 1023;
        double magnitude =
                switch (exponent) {
                    case 0 -> fraction * 0x1p-24;
                    case 31 -> fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
                    default -> Math.scalb(1 + fraction / 1024.0, exponent - 15);
                };
        return bits < 0 ? -magnitude : magnitude;
    }
}
