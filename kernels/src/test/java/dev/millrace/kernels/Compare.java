package dev.millrace.kernels;

import static org.assertj.core.api.Assertions.fail;

/** Comparisons that name the first bad coordinate. */
final class Compare {
    private Compare() {}

    /** {@code |actual − expected| <= tolerance · magnitude}, element by element. */
    static void close(
            float[][] actual,
            double[][] expected,
            double[][] magnitude,
            double tolerance,
            String what) {
        for (int r = 0; r < expected.length; r++) {
            for (int c = 0; c < expected[r].length; c++) {
                double error = Math.abs(actual[r][c] - expected[r][c]);
                double allowed = tolerance * (magnitude == null ? 1 : magnitude[r][c]);
                if (!(error <= allowed)) {
                    fail(
                            "%s: [%d, %d] is %s, expected %s ± %s",
                            what, r, c, actual[r][c], expected[r][c], allowed);
                }
            }
        }
    }

    /** As {@link #close} with {@code magnitude = 1 + |expected|}. */
    static void close(float[][] actual, double[][] expected, double tolerance, String what) {
        double[][] magnitude = new double[expected.length][];
        for (int r = 0; r < expected.length; r++) {
            magnitude[r] = new double[expected[r].length];
            for (int c = 0; c < expected[r].length; c++) {
                magnitude[r][c] = 1 + Math.abs(expected[r][c]);
            }
        }
        close(actual, expected, magnitude, tolerance, what);
    }

    static void sameBits(float[] actual, float[] expected, String what) {
        for (int c = 0; c < expected.length; c++) {
            if (Float.floatToRawIntBits(actual[c]) != Float.floatToRawIntBits(expected[c])) {
                fail("%s: [%d] is %s, expected the bits of %s", what, c, actual[c], expected[c]);
            }
        }
    }
}
