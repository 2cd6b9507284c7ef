package dev.millrace.kernels.cpu;

import dev.millrace.kernels.KernelException;
import dev.millrace.kernels.Tensor;

/**
 * {@code out[r] = ln softmax(logits[r])[targets[r]]}.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class Logprobs implements WorkerPool.Work {
    /** Elements whose exponentials are added in float before the sum goes on in double. */
    static final int CHUNK = 1024;

    private final CpuContext context;
    private Tensor out;
    private Tensor logits;
    private Tensor targets;
    private int rows;
    private int rowsPerPart;

    public Logprobs(CpuContext context) {
        this.context = context;
    }

    /** Computes {@code rows} rows. */
    public void run(Tensor newOut, Tensor newLogits, Tensor newTargets, int newRows) {
        out = newOut;
        logits = newLogits;
        targets = newTargets;
        rows = newRows;
        rowsPerPart = context.rowsPerPart(rows, logits.columns());
        context.pool.run(CpuContext.parts(rows, rowsPerPart), this);
    }

    @Override
    public void run(int part, int worker) {
        SamplingScratch scratch = context.scratch[worker].sampling;
        scratch.reserve(CHUNK);
        float[] temp = context.scratch[worker].temp;
        float[] x = Host.floats(logits);
        int columns = logits.columns();
        int end = Math.min(rows, (part + 1) * rowsPerPart);
        for (int r = part * rowsPerPart; r < end; r++) {
            int target = Host.intAt(targets, r);
            if (target < 0 || target >= columns) {
                throw new KernelException(
                        "tokenLogprobs: target " + target + " of row " + r + "; V is " + columns);
            }
            int at = Host.at(logits, r);
            float max = context.lanes.maxOrNan(x, at, columns);
            double normalizer = logSumExp(context.lanes, x, at, columns, max, scratch, temp);
            Host.floats(out)[(int) out.offset() + r] = (float) (x[at + target] - normalizer);
        }
    }

    /** {@code ln Σ exp(x)} given the largest element. */
    static double logSumExp(
            Lanes lanes,
            float[] x,
            int offset,
            int length,
            float max,
            SamplingScratch scratch,
            float[] temp) {
        double sum = 0;
        for (int i = 0; i < length; i += CHUNK) {
            int chunk = Math.min(CHUNK, length - i);
            lanes.exp(scratch.weights, 0, x, offset + i, chunk, max, 1f);
            sum += lanes.sum(scratch.weights, 0, chunk, temp);
        }
        return max + StrictMath.log(sum);
    }
}
