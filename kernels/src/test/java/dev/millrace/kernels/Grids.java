package dev.millrace.kernels;

import java.util.Arrays;

/** Rows of numbers rounded to a grid whose scale comes from their largest magnitude; plain loops over all grid points. */
final class Grids {
    private Grids() {}

    /** Multiples of a 127th of the largest magnitude, as weights are rounded: by division. */
    static double[] int8(double[] row) {
        float scale = largest(row) / 127f;
        double[] rounded = new double[row.length];
        for (int i = 0; i < row.length && scale > 0; i++) {
            rounded[i] = Math.rint((float) row[i] / scale) * scale;
        }
        return rounded;
    }

    /** The same as activations are rounded: by a factor. */
    static double[] int8(float[] row) {
        double[] wide = new double[row.length];
        for (int i = 0; i < row.length; i++) {
            wide[i] = row[i];
        }
        float largest = largest(wide);
        double[] rounded = new double[row.length];
        for (int i = 0; i < row.length && largest > 0; i++) {
            rounded[i] = Math.rint(row[i] * (127f / largest)) * (largest / 127f);
        }
        return rounded;
    }

    /** {@link #int8(float[])} of each head of each row. */
    static float[][] int8Heads(float[][] rows, int headDim) {
        float[][] rounded = new float[rows.length][rows[0].length];
        for (int r = 0; r < rows.length; r++) {
            for (int from = 0; from < rows[r].length; from += headDim) {
                double[] head = int8(Arrays.copyOfRange(rows[r], from, from + headDim));
                for (int i = 0; i < headDim; i++) {
                    rounded[r][from + i] = (float) head[i];
                }
            }
        }
        return rounded;
    }

    /** {@link #int8(double[])} of the row rotated, padded to a multiple of 64, and rotated back. */
    static double[] rotatedInt8(double[] row) {
        float[] rotated = rotated(row);
        double[] wide = new double[rotated.length];
        for (int i = 0; i < rotated.length; i++) {
            wide[i] = rotated[i];
        }
        return rotatedBack(int8(wide));
    }

    /** {@link #int8(float[])} of the row rotated, padded to a multiple of 64, and rotated back. */
    static double[] rotatedInt8(float[] row) {
        double[] wide = new double[row.length];
        for (int i = 0; i < row.length; i++) {
            wide[i] = row[i];
        }
        return rotatedBack(int8(rotated(wide)));
    }

    /** Sums and differences of pairs, 1, 2, 4 and so on apart, in float32. */
    private static float[] rotated(double[] row) {
        float[] x = new float[(row.length + 63) / 64 * 64];
        for (int i = 0; i < row.length; i++) {
            x[i] = (float) row[i];
        }
        for (int stride = 1; stride < rotationSize(x.length); stride *= 2) {
            for (int i = 0; i < x.length; i++) {
                if ((i & stride) == 0) {
                    float low = x[i];
                    float high = x[i + stride];
                    x[i] = low + high;
                    x[i + stride] = low - high;
                }
            }
        }
        return x;
    }

    /** By the definition: element i of a block is the mean over all j, less those with an odd number of bits in i and j. */
    private static double[] rotatedBack(double[] x) {
        int size = rotationSize(x.length);
        double[] back = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            int block = i / size * size;
            for (int j = 0; j < size; j++) {
                boolean even = Integer.bitCount(i % size & j) % 2 == 0;
                back[i] += (even ? x[block + j] : -x[block + j]) / size;
            }
        }
        return back;
    }

    private static int rotationSize(int length) {
        return Math.min(Integer.lowestOneBit(length), 1024);
    }

    /** The nearest of the E4M3 numbers times a 448th of the largest magnitude; of two as near, the one with an even code. */
    static double[] e4m3(double[] row) {
        float scale = largest(row) / 448f;
        double[] rounded = new double[row.length];
        for (int i = 0; i < row.length && scale > 0; i++) {
            rounded[i] = nearestE4m3((float) row[i] / scale) * scale;
        }
        return rounded;
    }

    private static double nearestE4m3(double x) {
        int best = 0;
        for (int code = 0; code < 127; code++) {
            double distance = Math.abs(Math.abs(x) - e4m3(code));
            double least = Math.abs(Math.abs(x) - e4m3(best));
            if (distance < least || distance == least && code % 2 == 0) {
                best = code;
            }
        }
        return Math.copySign(e4m3(best), x);
    }

    /** Value of a code by the definition of the format. */
    private static double e4m3(int code) {
        int exponent = code >> 3;
        double fraction = (code & 7) / 8.0;
        return exponent == 0 ? Math.scalb(fraction, -6) : Math.scalb(1 + fraction, exponent - 7);
    }

    private static float largest(double[] row) {
        double largest = 0;
        for (double x : row) {
            largest = Math.max(largest, Math.abs(x));
        }
        return (float) largest;
    }
}
