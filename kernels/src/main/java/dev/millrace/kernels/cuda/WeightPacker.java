package dev.millrace.kernels.cuda;

import dev.millrace.kernels.Weight;
import dev.millrace.kernels.WeightSource;

/**
 * Brings a checkpoint's matrix to the device in tiles.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class WeightPacker {
    private final CudaOps ops;

    public WeightPacker(CudaOps ops) {
        this.ops = ops;
    }

    public Weight pack(WeightSource source) {
        throw new UnsupportedOperationException("WeightPacker of " + ops.device());
    }
}
