package dev.millrace.engine.grammar;

import java.util.BitSet;

/**
 * Tokens that may come next, one bit for each id: bit {@code id & 31} of word {@code id >> 5}.
 *
 * <p>Thread-safety: immutable, as long as nobody writes to {@link #words()}.
 */
public final class TokenMask {
    private final int[] words;
    private final int count;
    private final int maxDistance;

    /**
     * A mask.
     *
     * @param words bits of all ids of the logits
     * @param count bits that are set
     * @param maxDistance the largest distance to the end of the answer behind any of them
     */
    TokenMask(int[] words, int count, int maxDistance) {
        this.words = words;
        this.count = count;
        this.maxDistance = maxDistance;
    }

    /** Not to be changed. */
    int[] words() {
        return words;
    }

    int count() {
        return count;
    }

    int maxDistance() {
        return maxDistance;
    }

    boolean allows(int tokenId) {
        return (words[tokenId >> 5] >>> (tokenId & 31) & 1) != 0;
    }

    /** The same but for these, all of which it has. */
    TokenMask without(BitSet tokens) {
        int[] fewer = words.clone();
        tokens.stream().forEach(id -> fewer[id >> 5] &= ~(1 << (id & 31)));
        return new TokenMask(fewer, count - tokens.cardinality(), maxDistance);
    }
}
