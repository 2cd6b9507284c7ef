package dev.millrace.engine.grammar;

/**
 * Tokens that may come next, one bit for each id: bit {@code id & 31} of word {@code id >> 5}.
 *
 * @param words bits of all ids of the logits; not to be changed
 * @param count bits that are set
 * @param maxDistance the largest distance to the end of the answer behind any of them
 */
record TokenMask(int[] words, int count, int maxDistance) {

    boolean allows(int tokenId) {
        return (words[tokenId >> 5] >>> (tokenId & 31) & 1) != 0;
    }
}
