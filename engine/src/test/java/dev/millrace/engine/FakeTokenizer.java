package dev.millrace.engine;

import dev.millrace.engine.tokenizer.Tokenizer;

/** One token for each character below 128; {@link #EOS} and {@link #BOS} are special. */
public final class FakeTokenizer implements Tokenizer {
    /** Ends an answer. */
    public static final int EOS = 0;

    /** Stands in front of text prompts. */
    public static final int BOS = 1;

    /** Ids are below this. */
    public static final int VOCAB_SIZE = 128;

    @Override
    public int[] encode(String text, boolean addSpecialTokens) {
        int specials = addSpecialTokens ? 1 : 0;
        int[] ids = new int[text.length() + specials];
        if (addSpecialTokens) {
            ids[0] = BOS;
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            ids[i + specials] = c < VOCAB_SIZE ? c : '?';
        }
        return ids;
    }

    @Override
    public String decode(int[] ids, int from, int to) {
        StringBuilder text = new StringBuilder();
        for (int i = from; i < to; i++) {
            text.append(decode(ids[i]));
        }
        return text.toString();
    }

    /** Text of one token; none for special ones. */
    static String decode(int id) {
        return id == EOS || id == BOS ? "" : Character.toString(id);
    }

    @Override
    public int vocabSize() {
        return VOCAB_SIZE;
    }

    @Override
    public byte[][] tokenBytes() {
        byte[][] bytes = new byte[VOCAB_SIZE][];
        for (int id = 0; id < VOCAB_SIZE; id++) {
            bytes[id] = id == EOS || id == BOS ? null : new byte[] {(byte) id};
        }
        return bytes;
    }

    @Override
    public void close() {}
}
