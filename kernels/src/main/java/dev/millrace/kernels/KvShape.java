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

    /** Bytes of one block over all layers, keys and values, in {@code dtype}. */
    public long blockBytes(DType dtype) {
        return 2L * numLayers * blockElements() * dtype.sizeBytes();
    }
}
