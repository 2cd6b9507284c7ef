package dev.millrace.kernels.cuda;

import dev.millrace.kernels.KvCache;
import dev.millrace.kernels.Tensor;

/**
 * Operations that only move data or change it elementwise.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class RowOps {
    /** Threads of a block; each takes one element. */
    private static final int BLOCK = 256;

    private final CudaOps ops;

    public RowOps(CudaOps ops) {
        this.ops = ops;
    }

    /** {@code out[r, :] = in[rowIndexes[r], :]}. */
    public void gatherRows(Tensor out, Tensor in, Tensor rowIndexes, int rows) {
        throw new UnsupportedOperationException("gatherRows of " + ops.device());
    }

    /** {@code logits = cap · tanh(logits / cap)}. */
    public void softCap(Tensor logits, float cap, int rows) {
        ops.launcher()
                .begin(EntryPoint.SOFT_CAP)
                .tensor(logits)
                .int32(logits.columns())
                .int32(logits.rowStride())
                .float32(cap)
                .run((logits.columns() + BLOCK - 1) / BLOCK, rows, 1, BLOCK, 0);
    }

    /** Copies blocks {@code (source, target)} in all layers. */
    public void copyBlocks(KvCache cache, Tensor pairs, int numPairs) {
        throw new UnsupportedOperationException("copyBlocks of " + ops.device());
    }
}
