package dev.millrace.engine.grammar;

import java.util.Arrays;
import java.util.BitSet;

/**
 * Tokens that may come next. A few of them are kept as a list and not as a bit for each id of the vocabulary: two masks of three are
 * such, and what a form keeps is copied by the garbage collector.
 *
 * <p>Thread-safety: immutable.
 */
public final class TokenMask {
    /** A list is at most this part of what the bits would take. */
    private static final int LIST_SHARE = 4;

    /** One bit for each id: bit {@code id & 31} of word {@code id >> 5}; null if they are listed. */
    private final int[] words;

    /** In order; null if there are bits. */
    private final int[] ids;

    private final int numWords;
    private final int count;
    private final int maxDistance;

    /**
     * A mask.
     *
     * @param bits of all ids of the logits: bit {@code id & 31} of word {@code id >> 5}; copied
     * @param count bits that are set
     * @param maxDistance the largest distance to the end of the answer behind any of them
     */
    TokenMask(int[] bits, int count, int maxDistance) {
        boolean listed = count <= bits.length / LIST_SHARE;
        this.words = listed ? null : bits.clone();
        this.ids = listed ? ids(bits, count) : null;
        this.numWords = bits.length;
        this.count = count;
        this.maxDistance = maxDistance;
    }

    private static int[] ids(int[] bits, int count) {
        int[] ids = new int[count];
        int end = 0;
        for (int word = 0; word < bits.length && end < count; word++) {
            for (int left = bits[word]; left != 0; left &= left - 1) {
                ids[end++] = 32 * word + Integer.numberOfTrailingZeros(left);
            }
        }
        return ids;
    }

    /** Writes one bit for each id to {@code bits}: bit {@code id & 31} of word {@code id >> 5}. */
    void write(int[] bits) {
        int length = words == null ? 0 : words.length;
        if (words != null) {
            System.arraycopy(words, 0, bits, 0, length);
        }
        Arrays.fill(bits, length, bits.length, 0);
        if (ids != null) {
            for (int id : ids) {
                bits[id >> 5] |= 1 << (id & 31);
            }
        }
    }

    int count() {
        return count;
    }

    int maxDistance() {
        return maxDistance;
    }

    boolean allows(int tokenId) {
        return words == null
                ? Arrays.binarySearch(ids, tokenId) >= 0
                : (words[tokenId >> 5] >>> (tokenId & 31) & 1) != 0;
    }

    /** The same but for these, all of which it has. */
    TokenMask without(BitSet tokens) {
        int[] fewer = new int[numWords];
        write(fewer);
        tokens.stream().forEach(id -> fewer[id >> 5] &= ~(1 << (id & 31)));
        return new TokenMask(fewer, count - tokens.cardinality(), maxDistance);
    }
}
