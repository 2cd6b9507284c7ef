package dev.millrace.engine.grammar;

/**
 * A language of byte strings as a deterministic automaton over bytes: the leaf of a {@link Rule}. From every state but
 * {@link #DEAD} a string of the language can still be reached with the bytes that the vocabulary has.
 *
 * <p>Thread-safety: immutable.
 */
interface Lexeme {

    /** The state that no string of the language passes. */
    int DEAD = -1;

    /** No state, but the answer of {@link #afterText} that it does not know. */
    int UNKNOWN = Integer.MIN_VALUE;

    /** The state before the first byte. */
    int start();

    /** The state behind {@code value}, 0 to 255, or {@link #DEAD}. */
    int step(int state, int value);

    /** Whether the bytes so far are in the language. */
    boolean accepts(int state);

    /** Whether more bytes may follow. */
    boolean continues(int state);

    /** The fewest bytes from here to a string of the language. */
    int distance(int state);

    /**
     * A state that takes the same next {@code horizon} bytes, at the same distances; one for many, where states differ in a
     * counter only. Equal representatives share their token masks.
     */
    int representative(int state, int horizon);

    /**
     * The state behind so many code points of the text of some {@link Alphabet}, whatever they are; {@link #DEAD} if none may
     * follow, {@link #UNKNOWN} where it matters which, or finding out takes a look at each.
     */
    default int afterText(int state, int codePoints) {
        return UNKNOWN;
    }
}
