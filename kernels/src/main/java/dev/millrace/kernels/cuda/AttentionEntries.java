package dev.millrace.kernels.cuda;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.DeviceError;
import dev.millrace.kernels.DeviceProblem;

/**
 * The attention kernels of one type of activations and cache, by the dimensions that they compute with, and their shared memory;
 * mirrors {@code attention_tile.cuh}.
 */
final class AttentionEntries {
    static final int DECODE_ROWS = 16;

    private static final int[] DIMS = {32, 64, 96, 128, 256};
    private static final int TILE = 64;
    private static final int SPLIT = 1024;

    private final boolean quantized;
    private final EntryPoint[] decode = new EntryPoint[DIMS.length];
    private final EntryPoint[] prefill = new EntryPoint[DIMS.length];

    AttentionEntries(DType activations, DType cache) {
        quantized = cache == DType.F8_E4M3;
        String types = activations + (quantized ? "_E4M3" : "");
        for (int i = 0; i < DIMS.length; i++) {
            decode[i] = EntryPoint.valueOf("ATTENTION_DECODE_" + types + "_D" + DIMS[i]);
            prefill[i] = EntryPoint.valueOf("ATTENTION_PREFILL_" + types + "_D" + DIMS[i]);
        }
    }

    EntryPoint decode(int headDim) {
        return decode[index(headDim)];
    }

    EntryPoint prefill(int headDim) {
        return prefill[index(headDim)];
    }

    /** Dimensions that a head is filled up to. */
    int dim(int headDim) {
        return DIMS[index(headDim)];
    }

    /** Whether there are kernels for heads of {@code headDim}. */
    boolean has(int headDim) {
        return headDim >= 1 && headDim <= DIMS[DIMS.length - 1] && headDim % multiple() == 0;
    }

    private int multiple() {
        return quantized ? 16 : 8;
    }

    private int index(int headDim) {
        if (!has(headDim)) {
            throw new DeviceProblem(
                            DeviceError.UNSUPPORTED_MODEL,
                            "attention on CUDA",
                            "heads of " + headDim + " dimensions",
                            "multiples of " + multiple() + " up to " + DIMS[DIMS.length - 1],
                            "Set device = cpu for this model")
                    .exception();
        }
        int index = 0;
        while (DIMS[index] < headDim) {
            index++;
        }
        return index;
    }

    /** Rows of a prefill tile: heads of 256 leave room for half as many. */
    int prefillRows(int headDim) {
        return dim(headDim) == 256 ? 32 : 64;
    }

    /** Dynamic shared memory of a block with tiles of {@code rows}: Q, the ring of K and V, P, tables. */
    int sharedBytes(int headDim, int rows) {
        int dim = dim(headDim);
        int tile = TILE * dim * (quantized ? 1 : 2);
        int stages = tile <= 8192 ? 4 : tile <= 16384 ? 3 : 2;
        int weights = rows < 64 ? rows * TILE * 2 : 0;
        int tables = (SPLIT / 8 + 2 * rows + 64 + 4) * Integer.BYTES;
        return rows * dim * 2 + stages * tile + weights + tables;
    }

    /** Most splits of a sequence of {@code tokens}. */
    static int splits(long tokens) {
        return (int) ((tokens + SPLIT - 1) / SPLIT);
    }
}
