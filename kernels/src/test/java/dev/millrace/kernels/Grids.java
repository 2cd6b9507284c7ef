package dev.millrace.kernels;

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
