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
                case Q8_0, Q4_0, Q5_0 -> buffer.putShort(at, smallF16(random));
                case Q6_K -> buffer.putShort(at + 208, (short) (smallF16(random) & ~0x3000));
                case Q4_K, Q5_K -> {
                    buffer.putShort(at, (short) (smallF16(random) & ~0x3000));
                    buffer.putShort(at + 2, (short) (smallF16(random) & ~0x3000));
                }
                case Q4_1, Q5_1 -> {
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
            case Q5_0 ->
                    f16(buffer.getShort(at))
                            * (nibble(buffer, at + 6, in) + 16 * bit(buffer, at + 2, in) - 16);
            case Q5_1 ->
                    f16(buffer.getShort(at))
                                    * (nibble(buffer, at + 8, in) + 16 * bit(buffer, at + 4, in))
                            + f16(buffer.getShort(at + 2));
            case Q4_K -> k(buffer, at, in, 0);
            case Q5_K -> k(buffer, at, in, 32);
            case Q6_K -> {
                int half = in / 128;
                int low = buffer.get(at + 64 * half + in % 64) & 0xFF;
                int bits = in % 128 < 64 ? low % 16 : low / 16;
                bits += 16 * bits2(buffer.get(at + 128 + 32 * half + in % 32), in % 128 / 32);
                yield f16(buffer.getShort(at + 208)) * buffer.get(at + 192 + in / 16) * (bits - 32);
            }
        };
    }

    private static int bits2(byte bits, int pair) {
        return (bits & 0xFF) / (1 << 2 * pair) % 4;
    }

    private static int bit(ByteBuffer buffer, int at, int index) {
        return (buffer.get(at + index / 8) & 0xFF) / (1 << index % 8) % 2;
    }

    /** Q4_K, or Q5_K with 32 bytes of fifth bits. */
    private static double k(ByteBuffer buffer, int at, int in, int fifthBits) {
        int group = in / 32;
        int[] bytes = new int[12];
        for (int b = 0; b < 12; b++) {
            bytes[b] = buffer.get(at + 4 + b) & 0xFF;
        }
        int scale = bytes[group] % 64;
        int minimum = group < 4 ? bytes[group + 4] % 64 : 0;
        if (group >= 4) {
            scale = bytes[group + 4] % 16 + bytes[group - 4] / 64 * 16;
            minimum = bytes[group + 4] / 16 + bytes[group] / 64 * 16;
        }
        int pair = buffer.get(at + 16 + fifthBits + in / 64 * 32 + in % 32) & 0xFF;
        int q = group % 2 == 0 ? pair % 16 : pair / 16;
        if (fifthBits > 0) {
            q += 16 * ((buffer.get(at + 16 + in % 32) & 0xFF) / (1 << group) % 2);
        }
        return f16(buffer.getShort(at)) * scale * q - f16(buffer.getShort(at + 2)) * minimum;
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
