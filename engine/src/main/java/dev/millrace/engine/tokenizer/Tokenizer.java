package dev.millrace.engine.tokenizer;

/**
 * Text to token ids and back.
 *
 * <p>Thread-safety: all methods may be called from any thread.
 */
public interface Tokenizer extends AutoCloseable {

    /** Token ids of {@code text}; {@code addSpecialTokens} puts what the checkpoint adds, usually BOS in front. */
    int[] encode(String text, boolean addSpecialTokens);

    /** Text of {@code ids[from .. to)} without special tokens; bytes that are no UTF-8 become U+FFFD. */
    String decode(int[] ids, int from, int to);

    /** Number of ids, special ones included. */
    int vocabSize();

    /**
     * The bytes that each token adds to a text, by id; null for special tokens and ids without a token. A space that the
     * decoder takes from the front of a text is in them.
     */
    byte[][] tokenBytes();

    @Override
    void close();
}
