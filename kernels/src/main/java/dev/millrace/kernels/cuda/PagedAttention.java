package dev.millrace.kernels.cuda;

import dev.millrace.kernels.AttentionParams;
import dev.millrace.kernels.KvCache;
import dev.millrace.kernels.PackedBatch;
import dev.millrace.kernels.Tensor;

/**
 * Causal attention over paged keys and values.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class PagedAttention {
    private final CudaOps ops;

    public PagedAttention(CudaOps ops) {
        this.ops = ops;
    }

    public void run(
            Tensor out,
            Tensor q,
            KvCache cache,
            int layer,
            PackedBatch batch,
            AttentionParams params) {
        throw new UnsupportedOperationException("PagedAttention of " + ops.device());
    }
}
