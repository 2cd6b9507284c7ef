package dev.millrace.kernels.cuda;

import dev.millrace.kernels.SamplingBatch;
import dev.millrace.kernels.Tensor;

/**
 * Draws one token for each row of logits.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class Sampling {
    private final CudaOps ops;

    public Sampling(CudaOps ops) {
        this.ops = ops;
    }

    public void run(Tensor logits, SamplingBatch batch) {
        throw new UnsupportedOperationException("Sampling of " + ops.device());
    }
}
