package dev.millrace.engine.grammar;

import java.util.Arrays;

/**
 * How far one answer has come.
 *
 * <p>Thread-safety: none; one for each sequence.
 */
public final class GrammarState {
    private final Grammar grammar;
    private Configuration at;

    GrammarState(Grammar grammar, Configuration at) {
        this.grammar = grammar;
        this.at = at;
    }

    /** Takes the next token, no end token; false if it was not allowed, and nothing may follow. */
    public boolean accept(int tokenId) {
        at = grammar.step(at, tokenId);
        return !at.dead();
    }

    /** Whether the answer may end here. */
    public boolean mayEnd() {
        return at.accepting();
    }

    /** Whether the answer is at its end: no token may follow. */
    public boolean complete() {
        return at.complete();
    }

    /**
     * Writes the tokens that may come next, one bit for each id: bit {@code id & 31} of word {@code id >> 5}.
     *
     * @param tokensLeft how many may still come, an end token included
     * @param endTokenIds tokens that end the answer, where it may end
     */
    public void writeMask(int tokensLeft, int[] endTokenIds, int[] words, int offset, int count) {
        int[] mask = grammar.mask(at, tokensLeft).words();
        System.arraycopy(mask, 0, words, offset, mask.length);
        Arrays.fill(words, offset + mask.length, offset + count, 0);
        if (mayEnd()) {
            for (int id : endTokenIds) {
                words[offset + (id >> 5)] |= 1 << (id & 31);
            }
        }
    }
}
