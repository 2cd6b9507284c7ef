package dev.millrace.engine.grammar;

/**
 * How far one answer has come.
 *
 * <p>Thread-safety: none; one for each sequence.
 */
public final class GrammarState {
    private final Grammar grammar;
    private Configuration at;

    /** Null if it does not matter. */
    private KeyPlace place;

    private long nanos;

    GrammarState(Grammar grammar, Configuration at, KeyPlace place) {
        this.grammar = grammar;
        this.at = at;
        this.place = place;
    }

    /** The form. */
    public Grammar grammar() {
        return grammar;
    }

    /** Takes the next token, no end token; false if it was not allowed, and nothing may follow. */
    public boolean accept(int tokenId) {
        long start = System.nanoTime();
        at = grammar.step(at, tokenId);
        boolean tracked = place != null;
        place = at.dead() ? place : grammar.step(place, tokenId);
        nanos += System.nanoTime() - start;
        return !at.dead() && tracked == (place != null);
    }

    /** The tokens that may come next when {@code tokensLeft} may still come, an end token included; the same object for the same. */
    public TokenMask mask(int tokensLeft) {
        long start = System.nanoTime();
        TokenMask mask = grammar.mask(at, place, tokensLeft);
        nanos += System.nanoTime() - start;
        return mask;
    }

    /** Time that the answer's tokens and masks have taken so far. */
    public long nanos() {
        return nanos;
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
     * Writes the tokens that may come next to {@code words}, one bit for each id: bit {@code id & 31} of word {@code id >> 5}.
     *
     * @param mask what {@link #mask} gave
     * @param endTokenIds tokens that end the answer, where it may end
     */
    public void writeMask(TokenMask mask, int[] endTokenIds, int[] words) {
        mask.write(words);
        if (mayEnd()) {
            for (int id : endTokenIds) {
                words[id >> 5] |= 1 << (id & 31);
            }
        }
    }
}
