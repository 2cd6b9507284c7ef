package dev.millrace.engine;

/**
 * The hidden states of a prompt on their way to one vector. They are added in double precision, in the order of their positions, so
 * that the sum's bits do not depend on where the prompt was cut into chunks.
 *
 * <p>Thread-safety: none; made at submission, then owned by the engine thread.
 */
final class PooledStates implements RowUse {
    private final int firstRow;
    private final int endRow;
    private double[] sum = new double[0];
    private int nextRow;

    /** Pools the states of a prompt of {@code numTokens} tokens. */
    PooledStates(Pooling pooling, int numTokens) {
        this.firstRow = pooling == Pooling.LAST ? numTokens - 1 : 0;
        this.endRow = numTokens;
        this.nextRow = firstRow;
    }

    /** The row to be added next. */
    int nextRow() {
        return nextRow;
    }

    @Override
    public int firstRow() {
        return firstRow;
    }

    @Override
    public int endRow() {
        return endRow;
    }

    /** Adds {@code count} states from {@link #nextRow} on, of {@code hiddenSize} values each, which are {@code scale} times too large. */
    void add(float[] states, int count, int hiddenSize, double scale) {
        nextRow += count;
        sum = sum.length == 0 ? new double[hiddenSize] : sum;
        for (int row = 0; row < count; row++) {
            for (int i = 0; i < hiddenSize; i++) {
                sum[i] += states[row * hiddenSize + i] / scale;
            }
        }
    }

    /** The mean, divided by its Euclidean length if {@code normalized}; a vector of zeros stays one. */
    float[] mean(boolean normalized) {
        int count = endRow - firstRow;
        double squares = 0;
        for (double value : sum) {
            squares += (value / count) * (value / count);
        }
        double length = normalized && squares > 0 ? Math.sqrt(squares) : 1;
        float[] mean = new float[sum.length];
        for (int i = 0; i < mean.length; i++) {
            mean[i] = (float) (sum[i] / count / length);
        }
        return mean;
    }
}
