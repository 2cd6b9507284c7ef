package dev.millrace.engine.tokenizer;

import java.util.List;
import java.util.Optional;

/**
 * A byte-level BPE vocabulary as GGUF lists it.
 *
 * @param pre name of the split pattern, {@code tokenizer.ggml.pre}
 * @param tokens by id; {@link GgufVocabulary#NORMAL} ones in the byte alphabet, others as plain text
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
        Optional<Boolean> addEos)
        implements GgufVocabulary {

    public BpeVocabulary {
        tokens = List.copyOf(tokens);
        kinds = List.copyOf(kinds);
        merges = List.copyOf(merges);
    }

    @Override
    public byte[] tokenizerJson(String where) {
        return BpeTokenizerJson.write(where, this);
    }
}
