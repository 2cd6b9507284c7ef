package dev.millrace.engine.tokenizer;

import java.util.List;
import java.util.Optional;

/**
 * A SentencePiece vocabulary of the merging kind as GGUF lists it, {@code tokenizer.ggml.model} {@code llama}: pieces with scores, and
 * tokens for single bytes that no piece covers.
 *
 * @param tokens by id, spaces written as U+2581
 * @param kinds {@code tokenizer.ggml.token_type} by id
 * @param scores by id; of two merges the one into the higher score goes first
 * @param unknownId token for what nothing covers; -1 for none
 * @param bosId token that starts a text; -1 for none
 * @param eosId token that ends a text; -1 for none
 * @param addBos put BOS in front; by default so
 * @param addEos put EOS at the end; by default not so
 * @param addSpacePrefix put a space in front of a text; by default so
 */
public record SentencePieceVocabulary(
        List<String> tokens,
        List<Integer> kinds,
        List<Float> scores,
        int unknownId,
        int bosId,
        int eosId,
        Optional<Boolean> addBos,
        Optional<Boolean> addEos,
        boolean addSpacePrefix)
        implements GgufVocabulary {

    public SentencePieceVocabulary {
        tokens = List.copyOf(tokens);
        kinds = List.copyOf(kinds);
        scores = List.copyOf(scores);
    }

    @Override
    public byte[] tokenizerJson(String where) {
        return SentencePieceTokenizerJson.write(this);
    }
}
