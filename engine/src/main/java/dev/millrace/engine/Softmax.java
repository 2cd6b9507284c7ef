package dev.millrace.engine;

/** Sums of probabilities in double precision, with the same bits everywhere. */
final class Softmax {
    private Softmax() {}

    /** {@code ln Σ exp(x)}. */
    static double logSumExp(double[] x) {
        double max = Double.NEGATIVE_INFINITY;
        for (double value : x) {
            max = Math.max(max, value);
        }
        double sum = 0;
        for (double value : x) {
            sum += StrictMath.exp(value - max);
        }
        return max + StrictMath.log(sum);
    }
}
