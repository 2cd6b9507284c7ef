package dev.millrace.engine.tokenizer;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.millrace.engine.InvalidModelException;
import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.Problem;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * A tokenizer in the form of Hugging Face's tokenizer.json, run by their library.
 *
 * <p>Thread-safety: all methods may be called from any thread.
 */
public final class HfTokenizer implements Tokenizer {
    /** Largest tokenizer.json in bytes. */
    static final int MAX_BYTES = 256 << 20;

    // The library would cut texts at 512 tokens by default.
    private static final Map<String, String> OPTIONS =
            Map.of("truncation", "false", "padding", "false");

    static {
        // The library would report each use to its makers over the network, and ask a cloud's
        // metadata service who it runs for.
        System.setProperty("OPT_OUT_TRACKING", "true");
    }

    private final HuggingFaceTokenizer tokenizer;
    private final byte[][] tokenBytes;

    private HfTokenizer(HuggingFaceTokenizer tokenizer, byte[][] tokenBytes) {
        this.tokenizer = tokenizer;
        this.tokenBytes = tokenBytes;
    }

    /**
     * Reads {@code tokenizer.json}.
     *
     * @param vocabSize rows of the model's embedding; no id may lie beyond
     */
    public static HfTokenizer open(Path file, int vocabSize) {
        if (!Files.exists(file)) {
            throw refuse(
                    TokenizerError.NOT_FOUND,
                    file.toString(),
                    "no such file",
                    "tokenizer.json",
                    "Fetch tokenizer.json; tokenizer.model alone is not read");
        }
        return of(file.getFileName().toString(), TokenizerJson.readBytes(file), vocabSize);
    }

    /** Reads the bytes of a tokenizer.json; {@code where} names them in messages. */
    public static HfTokenizer of(String where, byte[] json, int vocabSize) {
        byte[][] tokenBytes = TokenizerJson.check(where, json, vocabSize);
        try {
            return new HfTokenizer(
                    HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), OPTIONS),
                    tokenBytes);
        } catch (IOException | RuntimeException e) {
            throw refuse(
                    TokenizerError.INVALID,
                    where,
                    "an error from the tokenizer library: " + e.getMessage(),
                    "a valid tokenizer.json",
                    "Take tokenizer.json from the original checkpoint");
        }
    }

    /** Rebuilds the tokenizer of a GGUF file; {@code where} names the file in messages. */
    public static HfTokenizer of(String where, GgufVocabulary vocabulary, int vocabSize) {
        return of(where, vocabulary.tokenizerJson(where), vocabSize);
    }

    @Override
    public int[] encode(String text, boolean addSpecialTokens) {
        try {
            long[] ids = tokenizer.encode(wellFormed(text), addSpecialTokens, false).getIds();
            int[] narrow = new int[ids.length];
            for (int i = 0; i < ids.length; i++) {
                narrow[i] = (int) ids[i];
            }
            return narrow;
        } catch (RuntimeException e) {
            // The library's message may quote the text.
            throw new InvalidRequestException(
                    new Problem(
                            TokenizerError.ENCODE_FAILED,
                            "prompt",
                            "a text of " + text.length() + " characters that cannot be tokenized",
                            "text in the model's alphabet",
                            "Send the record to the dead letters, or clean the text"));
        }
    }

    @Override
    public String decode(int[] ids, int from, int to) {
        return decode(ids, from, to, true);
    }

    /** Text of {@code ids[from .. to)} with special tokens written out. */
    public String decodeWithSpecials(int[] ids, int from, int to) {
        return decode(ids, from, to, false);
    }

    @Override
    public int vocabSize() {
        return tokenBytes.length;
    }

    @Override
    public byte[][] tokenBytes() {
        return tokenBytes.clone();
    }

    @Override
    public void close() {
        tokenizer.close();
    }

    private String decode(int[] ids, int from, int to, boolean skipSpecials) {
        long[] wide = new long[to - from];
        for (int i = from; i < to; i++) {
            wide[i - from] = ids[i];
        }
        return tokenizer.decode(wide, skipSpecials);
    }

    /** Lone surrogates become U+FFFD: they have no UTF-8. */
    private static String wellFormed(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                return replaceLoneSurrogates(text);
            }
        }
        return text;
    }

    private static String replaceLoneSurrogates(String text) {
        StringBuilder clean = new StringBuilder(text.length());
        text.codePoints()
                .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xfffd : c)
                .forEach(clean::appendCodePoint);
        return clean.toString();
    }

    static InvalidModelException refuse(
            TokenizerError code, String where, String given, String allowed, String remedy) {
        return new InvalidModelException(new Problem(code, where, given, allowed, remedy));
    }
}
