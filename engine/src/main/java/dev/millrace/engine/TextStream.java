package dev.millrace.engine;

/**
 * Turns the tokens of one answer into text, token by token.
 *
 * <p>Thread-safety: none; one for each sequence.
 */
interface TextStream {

    /** The text that this token adds: whole code points only, often none. */
    String append(int tokenId);
}
