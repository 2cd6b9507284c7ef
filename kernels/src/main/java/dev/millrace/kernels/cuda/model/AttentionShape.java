package dev.millrace.kernels.cuda.model;

/**
 * Heads of a model and the type of its cache.
 *
 * @param heads H
 * @param kvHeads Hkv
 * @param headDim D
 * @param cacheBytes of an element: 2, or 1 for e4m3
 */
record AttentionShape(int heads, int kvHeads, int headDim, int cacheBytes) {
    int group() {
        return heads / kvHeads;
    }

    /** Of a token's key and value in one layer. */
    double cachedBytes() {
        return 2.0 * kvHeads * headDim * cacheBytes;
    }

    /** Of a token's q and out. */
    double queryBytes() {
        return 2.0 * 2 * heads * headDim;
    }

    /** In the names of the kernels. */
    String kernel() {
        return cacheBytes == 1 ? "e4m3-" : "";
    }
}
