package dev.millrace.kernels;

/**
 * Settings of one layer's attention.
 *
 * @param numHeads H
 * @param numKvHeads Hkv, a divisor of H
 * @param headDim D
 * @param scale factor of the scores, usually {@code 1/√D}
 * @param slidingWindow a token sees itself and the {@code slidingWindow − 1} before it; 0 for all
 * @param softCap scores become {@code softCap · tanh(score / softCap)}; 0 for none
 * @param sinks F32 [1, H]: one more score of each head, of no token, in its softmax; null for none
 */
public record AttentionParams(
        int numHeads,
        int numKvHeads,
        int headDim,
        float scale,
        int slidingWindow,
        float softCap,
        Tensor sinks) {

    /** Without sinks. */
    public AttentionParams(
            int numHeads,
            int numKvHeads,
            int headDim,
            float scale,
            int slidingWindow,
            float softCap) {
        this(numHeads, numKvHeads, headDim, scale, slidingWindow, softCap, null);
    }
}
