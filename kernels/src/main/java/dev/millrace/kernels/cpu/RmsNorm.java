package dev.millrace.kernels.cpu;

import dev.millrace.kernels.Tensor;

/**
 * {@code out = in / √(mean(in²) + epsilon) · weight} for rows, for the sum of two rows, and for the heads of a row.
 *
 * <p>Source: Zhang and Sennrich, arXiv 1910.07467.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class RmsNorm implements WorkerPool.Work {
    private final CpuContext context;
    private Tensor out;
    private Tensor in;
    private Tensor delta;
    private Tensor weight;
    private float epsilon;
    private int rows;
    private int rowsPerPart;

    public RmsNorm(CpuContext context) {
        this.context = context;
    }

    /** {@code newDelta}, unless null, is added to {@code newIn} first, in place. A row holds one or more heads of weight's size. */
    public void run(
            Tensor newOut,
            Tensor newIn,
            Tensor newDelta,
            Tensor newWeight,
            float newEpsilon,
            int newRows) {
        out = newOut;
        in = newIn;
        delta = newDelta;
        weight = newWeight;
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
        int size = weight.columns();
        int to = Host.at(out, r);
        for (int head = 0; head < columns; head += size) {
            double mean = (double) lanes.sumOfSquares(x, from + head, size, temp) / size;
            float factor = (float) (1.0 / Math.sqrt(mean + epsilon));
            lanes.scaleByWeight(
                    Host.floats(out),
                    to + head,
                    x,
                    from + head,
                    factor,
                    Host.floats(weight),
                    Host.at(weight, 0),
                    size);
        }
    }
}
