package dev.millrace.engine;

import dev.millrace.engine.tokenizer.Tokenizer;

/** A tokenizer that breaks when it decodes a certain text, and says so with the text in its message. */
final class BrokenTokenizer implements Tokenizer {
    private final FakeTokenizer sound = new FakeTokenizer();
    private final String fatal;

    BrokenTokenizer(String fatal) {
        this.fatal = fatal;
    }

    /** Breaks at the token that completes the text. */
    static TextStream stream(String fatal) {
        StringBuilder soFar = new StringBuilder();
        return tokenId -> {
            String piece = FakeTokenizer.decode(tokenId);
            breakOn(fatal, soFar.append(piece).toString());
            return piece;
        };
    }

    @Override
    public int[] encode(String text, boolean addSpecialTokens) {
        return sound.encode(text, addSpecialTokens);
    }

    @Override
    public String decode(int[] ids, int from, int to) {
        String text = sound.decode(ids, from, to);
        breakOn(fatal, text);
        return text;
    }

    private static void breakOn(String fatal, String text) {
        if (text.contains(fatal)) {
            throw new IllegalStateException("cannot decode: " + text);
        }
    }

    @Override
    public int vocabSize() {
        return sound.vocabSize();
    }

    @Override
    public byte[][] tokenBytes() {
        return sound.tokenBytes();
    }

    @Override
    public void close() {}
}
