package dev.millrace.kernels.synthetic;

/**
 * How close a result is to another.
 *
 * @param relativeError norm of the difference over the norm of what was expected
 * @param worstError largest error of an element, over its magnitude and the mean one
 * @param worstIndex that element
 */
public record Agreement(double relativeError, double worstError, int worstIndex) {
    /** An element may be off by so many times what all may be on average. */
    private static final double WORST = 12;

    /** Compares; NaN counts as infinitely far. */
    public static Agreement of(float[] actual, float[] expected) {
        double square = 0;
        for (float value : expected) {
            square += (double) value * value;
        }
        double mean = Math.sqrt(square / Math.max(1, expected.length));
        double difference = 0;
        double worst = 0;
        int index = 0;
        for (int i = 0; i < expected.length; i++) {
            double error =
                    actual[i] == expected[i] ? 0 : Math.abs((double) actual[i] - expected[i]);
            error = Double.isNaN(error) ? Double.POSITIVE_INFINITY : error;
            difference += error * error;
            double relative = error == 0 ? 0 : error / (Math.abs(expected[i]) + mean);
            if (relative > worst) {
                worst = relative;
                index = i;
            }
        }
        double norm = Math.sqrt(square);
        return new Agreement(difference == 0 ? 0 : Math.sqrt(difference) / norm, worst, index);
    }

    /** Whether it is within {@code tolerance}, on average and everywhere. */
    public boolean within(double tolerance) {
        return relativeError <= tolerance && worstError <= WORST * tolerance;
    }
}
