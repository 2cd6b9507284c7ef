package dev.millrace.kernels.cuda;

import dev.millrace.kernels.KvCache;
import dev.millrace.kernels.PackedBatch;
import dev.millrace.kernels.Rope;
import dev.millrace.kernels.Tensor;

/**
 * Rotary embedding of queries and keys, and the write of keys and values to their slots.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class RopeStoreKv {
    private final CudaOps ops;

    public RopeStoreKv(CudaOps ops) {
        this.ops = ops;
    }

    public void run(
            Tensor q, Tensor k, Tensor v, Rope rope, PackedBatch batch, KvCache cache, int layer) {
        throw new UnsupportedOperationException("RopeStoreKv of " + ops.device());
    }
}
