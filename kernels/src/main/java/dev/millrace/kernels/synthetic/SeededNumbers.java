package dev.millrace.kernels.synthetic;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.cuda.Halves;
import java.util.Random;

/**
 * Normally distributed numbers, fast and the same on every machine: picked from a table by a generator that can start anywhere.
 *
 * <p>Thread-safety: immutable.
 */
final class SeededNumbers {
    private static final int TABLE_BITS = 12;
    private static final long GAMMA = 0x9E3779B97F4A7C15L;
    private static final float[] NORMAL = normal();

    private final long seed;

    SeededNumbers(long seed) {
        this.seed = seed;
    }

    private static float[] normal() {
        Random random = new Random(1);
        float[] table = new float[1 << TABLE_BITS];
        for (int i = 0; i < table.length; i++) {
            table[i] = (float) random.nextGaussian();
        }
        return table;
    }

    /** 64 random bits, the {@code index}th. Source: Steele et al., SplitMix64, OOPSLA 2014. */
    long bits(long index) {
        long z = seed * 0xD1342543DE82EF95L + (index + 1) * GAMMA;
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }

    /** A number of mean 0 and standard deviation 1. */
    float normal(long index) {
        return NORMAL[(int) (bits(index) >>> Long.SIZE - TABLE_BITS)];
    }

    /** {@code count} of them times {@code scale}, rounded to {@code precision}. */
    float[] normal(int count, float scale, DType precision) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = round(normal(i) * scale, precision);
        }
        return values;
    }

    /** Whole numbers from 0 to {@code bound} − 1. */
    int[] below(int bound, int count) {
        int[] values = new int[count];
        for (int i = 0; i < count; i++) {
            values[i] = (int) Long.remainderUnsigned(bits(i), bound);
        }
        return values;
    }

    static float round(float value, DType precision) {
        return precision == DType.F32
                ? value
                : Halves.of(precision).widen(Halves.of(precision).round(value));
    }
}
