package dev.millrace.kernels.cpu;

import dev.millrace.kernels.Activation;
import dev.millrace.kernels.KernelException;
import dev.millrace.kernels.KvCache;
import dev.millrace.kernels.KvShape;
import dev.millrace.kernels.Tensor;

/**
 * Operations that only move data or change it elementwise.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class RowOps {
    private final CpuContext context;
    private final LayerCache cached = new LayerCache();
    private final SoftCap softCap = new SoftCap();
    private final Activate activate;

    public RowOps(CpuContext context) {
        this.context = context;
        activate = new Activate(context);
    }

    /** {@code out[r, :] = in[rowIndexes[r], :]}. */
    public void gatherRows(Tensor out, Tensor in, Tensor rowIndexes, int rows) {
        for (int r = 0; r < rows; r++) {
            int row = Host.intAt(rowIndexes, r);
            if (row < 0 || row >= in.rows()) {
                throw new KernelException(
                        "gatherRows: row " + row + " at index " + r + "; in has " + in.rows());
            }
            int from = Host.at(in, row);
            System.arraycopy(
                    Host.floats(in), from, Host.floats(out), Host.at(out, r), in.columns());
        }
    }

    /** {@code residual += delta} unless that is null, {@code out = residual} unless that is null. */
    public void add(Tensor out, Tensor residual, Tensor delta, int rows) {
        int columns = residual.columns();
        for (int r = 0; r < rows; r++) {
            float[] x = Host.floats(residual);
            int at = Host.at(residual, r);
            if (delta != null) {
                context.lanes.add(x, at, Host.floats(delta), Host.at(delta, r), columns);
            }
            if (out != null) {
                System.arraycopy(x, at, Host.floats(out), Host.at(out, r), columns);
            }
        }
    }

    /** {@code x = activation(x)}. */
    public void activate(Tensor x, Activation activation, int rows) {
        activate.run(x, activation, rows);
    }

    /** {@code logits = cap · tanh(logits / cap)}. */
    public void softCap(Tensor logits, float cap, int rows) {
        softCap.run(logits, cap, rows);
    }

    /** Copies blocks {@code (source, target)} in all layers. */
    public void copyBlocks(KvCache cache, Tensor pairs, int numPairs) {
        KvShape shape = cache.shape();
        for (int i = 0; i < numPairs; i++) {
            int source = block(pairs, 2 * i, shape);
            int target = block(pairs, 2 * i + 1, shape);
            for (int layer = 0; layer < shape.numLayers(); layer++) {
                cached.set(cache, layer);
                cached.copy(source, target);
            }
        }
    }

    private static int block(Tensor pairs, int index, KvShape shape) {
        int block = Host.intAt(pairs, index);
        if (block < 0 || block >= shape.numBlocks()) {
            throw new KernelException(
                    "copyBlocks: block " + block + "; the cache has " + shape.numBlocks());
        }
        return block;
    }

    private final class SoftCap implements WorkerPool.Work {
        private Tensor logits;
        private float cap;
        private int rows;
        private int rowsPerPart;

        void run(Tensor newLogits, float newCap, int newRows) {
            logits = newLogits;
            cap = newCap;
            rows = newRows;
            rowsPerPart = context.rowsPerPart(rows, logits.columns());
            context.pool.run(CpuContext.parts(rows, rowsPerPart), this);
        }

        @Override
        public void run(int part, int worker) {
            int end = Math.min(rows, (part + 1) * rowsPerPart);
            for (int r = part * rowsPerPart; r < end; r++) {
                context.lanes.softCap(
                        Host.floats(logits),
                        Host.at(logits, r),
                        logits.columns(),
                        cap,
                        context.scratch[worker].temp);
            }
        }
    }
}
