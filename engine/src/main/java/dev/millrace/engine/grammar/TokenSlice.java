package dev.millrace.engine.grammar;

/**
 * The tokens that are texts of one {@link Alphabet}, by their length. Where all such texts of a length may follow, or none, their
 * tokens are known without a look at each, and only the rest of the vocabulary is looked for in a tree.
 *
 * <p>Source of the idea: the slices of llguidance (guidance-ai).
 *
 * <p>Thread-safety: immutable.
 */
final class TokenSlice {
    private final Alphabet alphabet;

    /** Bits of the tokens of up to as many code points as the index. */
    private final int[][] upTo;

    /** Ids by length. */
    private final int[] tokens;

    /** Tokens of up to as many code points as the index; they are the first of {@link #tokens}. */
    private final int[] counts;

    private final TokenTrie rest;

    /** {@code all}: the tree of all tokens. */
    TokenSlice(Alphabet alphabet, TokenBytes vocabulary, TokenTrie all) {
        this.alphabet = alphabet;
        int[] lengths = new int[vocabulary.size()];
        int longest = 0;
        for (int id = 0; id < lengths.length; id++) {
            lengths[id] = vocabulary.of(id) == null ? 0 : alphabet.length(vocabulary.of(id));
            longest = Math.max(longest, lengths[id]);
        }
        upTo = new int[longest + 1][(vocabulary.width() + 31) >>> 5];
        counts = new int[longest + 1];
        for (int id = 0; id < lengths.length; id++) {
            if (lengths[id] > 0) {
                upTo[lengths[id]][id >> 5] |= 1 << (id & 31);
                counts[lengths[id]]++;
            }
        }
        for (int length = 1; length <= longest; length++) {
            counts[length] += counts[length - 1];
            for (int word = 0; word < upTo[length].length; word++) {
                upTo[length][word] |= upTo[length - 1][word];
            }
        }
        tokens = new int[counts[longest]];
        int[] end = counts.clone();
        for (int id = 0; id < lengths.length; id++) {
            if (lengths[id] > 0) {
                tokens[--end[lengths[id]]] = id;
            }
        }
        rest = all.only(id -> lengths[id] == 0);
    }

    Alphabet alphabet() {
        return alphabet;
    }

    /** Code points of the longest token. */
    int longest() {
        return upTo.length - 1;
    }

    /** How many tokens have up to {@code length} code points. */
    int count(int length) {
        return counts[length];
    }

    /** The tokens by their lengths: those of {@code length} are from {@code count(length - 1)} up to {@code count(length)}. */
    int token(int index) {
        return tokens[index];
    }

    /** Adds the bits of tokens of more than {@code from} and up to {@code to} code points. */
    void add(int from, int to, int[] words) {
        for (int word = 0; word < words.length; word++) {
            words[word] |= upTo[to][word] & ~upTo[from][word];
        }
    }

    /** The other tokens. */
    TokenTrie rest() {
        return rest;
    }
}
