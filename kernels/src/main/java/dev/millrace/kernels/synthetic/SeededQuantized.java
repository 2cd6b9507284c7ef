package dev.millrace.kernels.synthetic;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.Quantization;
import dev.millrace.kernels.Quantization.ScaleGrid;
import dev.millrace.kernels.QuantizedSource;
import dev.millrace.kernels.WeightFormat;
import dev.millrace.kernels.WeightSource;
import dev.millrace.kernels.cuda.Halves;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A quantised matrix {@code [n, k]} of random bytes, scaled so that products are about as large as their inputs; and the same numbers
 * in float32, for the CPU.
 *
 * <p>Thread-safety: immutable.
 */
public final class SeededQuantized implements QuantizedSource {
    private static final int GROUP = 128;
    private static final int BLOCK = 128;

    /** Bytes with which E4M3 stays finite: the second highest bit is cleared, so that magnitudes end at 1.875. */
    private static final int SMALL_E4M3 = 0xBF;

    private final WeightKind kind;
    private final int n;
    private final int k;
    private final SeededNumbers numbers;
    private final Quantization quantization;

    public SeededQuantized(WeightKind kind, int n, int k, long seed) {
        this.kind = kind;
        this.n = n;
        this.k = k;
        numbers = new SeededNumbers(seed);
        quantization = newQuantization();
    }

    @Override
    public Quantization quantization() {
        return quantization;
    }

    private Quantization newQuantization() {
        float scale = (float) (1 / Math.sqrt(k));
        return switch (kind) {
            case DENSE -> throw new IllegalArgumentException("a dense weight is not quantised");
            case FP8 -> new Quantization.E4m3(ScaleGrid.ROW, scales(n, scale), 0);
            case FP8_BLOCKS ->
                    new Quantization.E4m3(
                            ScaleGrid.BLOCK_128, scales(blocks(n) * blocks(k), scale), 0);
            case INT8 -> new Quantization.Int8(scales(n, scale / 64));
            case W4A16 -> groups(4, scale / 4);
            case W8A16 -> groups(8, scale / 64);
        };
    }

    private static int blocks(int length) {
        return (length + BLOCK - 1) / BLOCK;
    }

    private int groupsOfRow() {
        return (k + GROUP - 1) / GROUP;
    }

    /** Between half and one and a half of {@code scale}. */
    private float[] scales(int count, float scale) {
        float[] scales = new float[count];
        for (int i = 0; i < count; i++) {
            scales[i] = scale * (0.5f + (numbers.bits(-1 - i) >>> 40) * 0x1p-24f);
        }
        return scales;
    }

    private Quantization groups(int bits, float scale) {
        int count = n * groupsOfRow();
        float[] scales = scales(count, scale);
        short[] halves = new short[count];
        for (int i = 0; i < count; i++) {
            halves[i] = Halves.F16.round(scales[i]);
        }
        short[] zeros = new short[count];
        Arrays.fill(zeros, Halves.F16.round(1 << bits - 1));
        return new Quantization.Groups(bits, GROUP, DType.F16, true, halves, zeros, null);
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
        long first = (long) firstRow * k;
        for (long i = first; i < first + (long) numRows * k; i++) {
            target.put(stored(i));
        }
    }

    private byte stored(long index) {
        // Eight bytes of each draw.
        byte bits = (byte) (numbers.bits(index >> 3) >>> 8 * (index & 7));
        return (byte)
                switch (kind) {
                    case FP8, FP8_BLOCKS -> bits & SMALL_E4M3;
                    case W4A16 -> bits & 15;
                    case DENSE, INT8, W8A16 -> bits;
                };
    }

    /**
     * What it means, in float32.
     *
     * @param groups what groups are rounded to: the type of activations, in which they are multiplied
     * @param others what all others are rounded to; F32 for not at all
     */
    public WeightSource dequantized(DType groups, DType others) {
        DType precision = quantization instanceof Quantization.Groups ? groups : others;
        return new WeightSource() {
            @Override
            public WeightFormat format() {
                return WeightFormat.F32;
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
                ByteBuffer little = target.order(ByteOrder.LITTLE_ENDIAN);
                for (int row = firstRow; row < firstRow + numRows; row++) {
                    for (int i = 0; i < k; i++) {
                        little.putFloat(value(row, i, precision));
                    }
                }
            }
        };
    }

    private float value(int row, int i, DType precision) {
        byte bits = stored((long) row * k + i);
        if (quantization instanceof Quantization.Groups groups) {
            int index = row * groupsOfRow() + i / GROUP;
            float scale = Halves.F16.widen(groups.scales()[index]);
            float zero = Halves.F16.widen(groups.seconds()[index]);
            return SeededNumbers.round(scale * ((bits & 0xFF) - zero), precision);
        }
        if (quantization instanceof Quantization.Int8 int8) {
            return SeededNumbers.round(bits * int8.rowScales()[row], precision);
        }
        Quantization.E4m3 e4m3 = (Quantization.E4m3) quantization;
        int index = e4m3.grid() == ScaleGrid.ROW ? row : row / BLOCK * blocks(k) + i / BLOCK;
        return SeededNumbers.round(FakeQuantization.e4m3(bits) * e4m3.scales()[index], precision);
    }
}
