package dev.millrace.engine.tokenizer;

import java.util.List;
import java.util.Optional;

/**
 * A byte-level BPE vocabulary as GGUF lists it.
 *
 * @param pre name of the split pattern, {@code tokenizer.ggml.pre}
 * @param tokens by id; {@link #NORMAL} ones in the byte alphabet, others as plain text
 * @param kinds {@code tokenizer.ggml.token_type} by id
 * @param merges two tokens with a space between, most frequent first
 * @param bosId token that starts a text; -1 for none
 * @param eosId token that ends a text; -1 for none
 * @param addBos put BOS in front; empty for what the split pattern's models usually do
 * @param addEos put EOS at the end
 */
public record BpeVocabulary(
        String pre,
        List<String> tokens,
        List<Integer> kinds,
        List<String> merges,
        int bosId,
        int eosId,
        Optional<Boolean> addBos,
        Optional<Boolean> addEos) {

    /** A token made by merges. */
    public static final int NORMAL = 1;

    /** A special token, never shown in answers. */
    public static final int CONTROL = 3;

    /** A token taken whole before splitting, shown in answers. */
    public static final int USER_DEFINED = 4;

    public BpeVocabulary {
        tokens = List.copyOf(tokens);
        kinds = List.copyOf(kinds);
        merges = List.copyOf(merges);
    }
}
