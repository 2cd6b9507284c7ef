package dev.millrace.kernels.cuda;

import dev.millrace.kernels.PackedBatch;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.Weight;

/**
 * out[t, :] = scale · table[tokenIds[t], :].
 *
 * <p>Thread-safety: one call at a time.
 */
public final class Embedding {
    private final CudaOps ops;

    public Embedding(CudaOps ops) {
        this.ops = ops;
    }

    public void run(Tensor out, PackedBatch batch, Weight table, float scale) {
        throw new UnsupportedOperationException("Embedding of " + ops.device());
    }
}
