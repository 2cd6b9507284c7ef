package dev.millrace.engine.tokenizer;

import dev.millrace.engine.LlmException;

/** Any bytes as tokenizer.json: a text is tokenized and back, or the file is refused in words. */
public final class TokenizerFuzzer {
    private TokenizerFuzzer() {}

    /** The entry that Jazzer calls. */
    public static void fuzzerTestOneInput(byte[] data) {
        try (HfTokenizer tokenizer = HfTokenizer.of("fuzz", data, 1024)) {
            int[] ids = tokenizer.encode("Hello wörld 1234", true);
            tokenizer.decode(ids, 0, ids.length);
        } catch (LlmException e) {
            // A refusal.
        }
    }
}
