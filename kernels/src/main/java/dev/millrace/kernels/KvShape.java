package dev.millrace.kernels;

/**
 * Size of a {@link KvCache}.
 *
 * @param numLayers L
 * @param numBlocks N
 * @param blockSize B, tokens per block
 * @param numKvHeads Hkv
 * @param headDim D
 */
public record KvShape(int numLayers, int numBlocks, int blockSize, int numKvHeads, int headDim) {

    /** Elements that one block holds in one layer's key (or value) memory. */
    public int blockElements() {
        return blockSize * numKvHeads * headDim;
    }

    /**
     * Elements of {@code dtype} that one block takes in one layer's key (or value) memory: bytes of integers are followed by a scale in
     * F32 for each token and head.
     */
    public int storedElements(DType dtype) {
        int scales = dtype == DType.INT8 ? blockSize * numKvHeads : 0;
        return blockElements() + scales * DType.F32.sizeBytes();
    }

    /** Bytes of one block over all layers, keys and values, in {@code dtype}. */
    public long blockBytes(DType dtype) {
        return 2L * numLayers * storedElements(dtype) * dtype.sizeBytes();
    }
}
