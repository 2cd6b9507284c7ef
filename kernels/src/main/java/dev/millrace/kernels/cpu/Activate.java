package dev.millrace.kernels.cpu;

import dev.millrace.kernels.Activation;
import dev.millrace.kernels.Tensor;
import java.util.Arrays;

/**
 * {@code x = activation(x)} in place: a gate whose other factor is one, a piece at a time.
 *
 * <p>Thread-safety: one call at a time.
 */
final class Activate implements WorkerPool.Work {
    private final CpuContext context;
    private final float[][] factors;
    private Tensor x;
    private Activation activation;
    private int rows;
    private int rowsPerPart;

    Activate(CpuContext context) {
        this.context = context;
        factors = new float[context.scratch.length][Lanes.TEMP_FLOATS];
    }

    void run(Tensor newX, Activation newActivation, int newRows) {
        x = newX;
        activation = newActivation;
        rows = newRows;
        rowsPerPart = context.rowsPerPart(rows, x.columns());
        context.pool.run(CpuContext.parts(rows, rowsPerPart), this);
    }

    @Override
    public void run(int part, int worker) {
        int end = Math.min(rows, (part + 1) * rowsPerPart);
        for (int r = part * rowsPerPart; r < end; r++) {
            runRow(Host.at(x, r), context.scratch[worker].temp, factors[worker]);
        }
    }

    private void runRow(int from, float[] temp, float[] factor) {
        float[] values = Host.floats(x);
        for (int i = 0; i < x.columns(); i += factor.length) {
            int length = Math.min(factor.length, x.columns() - i);
            // A clamped gate adds 1 to it, in place.
            Arrays.fill(factor, activation == Activation.CLAMPED_SILU ? 0f : 1f);
            context.lanes.gate(activation, temp, 0, values, from + i, factor, 0, length);
            System.arraycopy(temp, 0, values, from + i, length);
        }
    }
}
