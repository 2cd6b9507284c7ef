package dev.millrace.kernels.cpu;

import dev.millrace.kernels.Tensor;

/**
 * {@code out = (in − mean(in)) / √(variance(in) + epsilon) · weight + bias} for rows, and for the sum of two rows.
 *
 * <p>Source: Ba et al., arXiv 1607.06450.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class LayerNorm implements WorkerPool.Work {
    private final CpuContext context;
    private Tensor out;
    private Tensor in;
    private Tensor delta;
    private Tensor weight;
    private Tensor bias;
    private float epsilon;
    private int rows;
    private int rowsPerPart;

    public LayerNorm(CpuContext context) {
        this.context = context;
    }

    /** {@code newDelta}, unless null, is added to {@code newIn} first, in place. */
    public void run(
            Tensor newOut,
            Tensor newIn,
            Tensor newDelta,
            Tensor newWeight,
            Tensor newBias,
            float newEpsilon,
            int newRows) {
        out = newOut;
        in = newIn;
        delta = newDelta;
        weight = newWeight;
        bias = newBias;
        epsilon = newEpsilon;
        rows = newRows;
        rowsPerPart = context.rowsPerPart(rows, in.columns());
        context.pool.run(CpuContext.parts(rows, rowsPerPart), this);
    }

    @Override
    public void run(int part, int worker) {
        int end = Math.min(rows, (part + 1) * rowsPerPart);
        for (int r = part * rowsPerPart; r < end; r++) {
            runRow(r, context.scratch[worker].temp);
        }
    }

    private void runRow(int r, float[] temp) {
        Lanes lanes = context.lanes;
        float[] x = Host.floats(in);
        int from = Host.at(in, r);
        int columns = in.columns();
        if (delta != null) {
            lanes.add(x, from, Host.floats(delta), Host.at(delta, r), columns);
        }
        float[] y = Host.floats(out);
        int to = Host.at(out, r);
        float mean = (float) ((double) lanes.sum(x, from, columns, temp) / columns);
        for (int i = 0; i < columns; i++) {
            y[to + i] = x[from + i] - mean;
        }
        double variance = (double) lanes.sumOfSquares(y, to, columns, temp) / columns;
        float factor = (float) (1.0 / Math.sqrt(variance + epsilon));
        float[] weights = Host.floats(weight);
        lanes.scaleByWeight(y, to, y, to, factor, weights, Host.at(weight, 0), columns);
        if (bias != null) {
            lanes.add(y, to, Host.floats(bias), Host.at(bias, 0), columns);
        }
    }
}
