package dev.millrace.engine.loader;

import static dev.millrace.engine.loader.Problems.quote;

import dev.millrace.engine.tokenizer.BpeVocabulary;
import dev.millrace.engine.tokenizer.ChatTemplate;
import dev.millrace.engine.tokenizer.GgufVocabulary;
import dev.millrace.engine.tokenizer.SentencePieceVocabulary;
import dev.millrace.engine.tokenizer.TokenizerError;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Reads vocabulary and chat template from GGUF's {@code tokenizer.*} metadata. */
final class GgufTokenizerReader {
    private static final Pattern BYTE = Pattern.compile("<0x[0-9A-F]{2}>");
    private static final String PREFIX = "tokenizer.ggml.";

    private final GgufMetadata metadata;

    GgufTokenizerReader(GgufMetadata metadata) {
        this.metadata = metadata;
    }

    GgufVocabulary vocabulary() {
        boolean merges = usesMerges();
        List<String> tokens =
                metadata.texts(PREFIX + "tokens").orElseThrow(() -> missing("tokens"));
        checkDistinct(tokens);
        return merges ? bpe(tokens) : sentencePiece(tokens);
    }

    private SentencePieceVocabulary sentencePiece(List<String> tokens) {
        int count = tokens.size();
        List<Integer> kinds = kinds(count);
        for (int id = 0; id < count; id++) {
            if (kinds.get(id) == GgufVocabulary.BYTE && !BYTE.matcher(tokens.get(id)).matches()) {
                throw vocabulary(
                        "tokens", "byte " + quote(tokens.get(id)), "<0x00> to <0xFF> for bytes");
            }
        }
        return new SentencePieceVocabulary(
                tokens,
                kinds,
                scores(count),
                id("unknown_token_id", count),
                id("bos_token_id", count),
                id("eos_token_id", count),
                optional("add_bos_token"),
                optional("add_eos_token"),
                metadata.booleanOr(PREFIX + "add_space_prefix", true));
    }

    private List<Float> scores(int count) {
        GgufArray.Floats values =
                metadata.floats(PREFIX + "scores").orElseThrow(() -> missing("scores"));
        if (values.size() != count) {
            throw vocabulary("scores", values.size() + " scores", count + ", one a token");
        }
        List<Float> scores = new ArrayList<>();
        for (int id = 0; id < count; id++) {
            if (Float.isNaN(values.get(id))) {
                throw vocabulary("scores", "NaN for token " + id, "numbers");
            }
            scores.add(values.get(id));
        }
        return scores;
    }

    private BpeVocabulary bpe(List<String> tokens) {
        List<String> merges =
                metadata.texts(PREFIX + "merges").orElseThrow(() -> missing("merges"));
        return new BpeVocabulary(
                metadata.text(PREFIX + "pre").orElse(""),
                tokens,
                kinds(tokens.size()),
                merges,
                id("bos_token_id", tokens.size()),
                id("eos_token_id", tokens.size()),
                optional("add_bos_token"),
                optional("add_eos_token"));
    }

    Optional<ChatTemplate> chatTemplate() {
        Optional<String> template = metadata.text("tokenizer.chat_template");
        if (template.isEmpty()) {
            return Optional.empty();
        }
        List<String> tokens = metadata.texts(PREFIX + "tokens").orElse(List.of());
        return Optional.of(
                ChatTemplate.compile(
                        template.get(),
                        text("bos_token_id", tokens),
                        text("eos_token_id", tokens)));
    }

    /** Byte-level BPE lists its merges; SentencePiece has scores instead. */
    private boolean usesMerges() {
        String model = metadata.text(PREFIX + "model").orElse("");
        return switch (model) {
            case "gpt2" -> true;
            case "llama" -> false;
            default ->
                    throw Problems.refuse(
                            model.isEmpty() ? TokenizerError.NOT_FOUND : TokenizerError.UNSUPPORTED,
                            metadata.where() + ": " + PREFIX + "model",
                            model.isEmpty() ? "nothing" : quote(model),
                            "gpt2, byte-level BPE, or llama, SentencePiece",
                            "Use the model's safetensors checkpoint with its tokenizer.json");
        };
    }

    private void checkDistinct(List<String> tokens) {
        Set<String> seen = new HashSet<>();
        for (int id = 0; id < tokens.size(); id++) {
            if (!seen.add(tokens.get(id))) {
                throw vocabulary(
                        "tokens", "token " + quote(tokens.get(id)) + " twice", "each token once");
            }
        }
    }

    private List<Integer> kinds(int count) {
        Optional<GgufArray.Integers> types = metadata.integers(PREFIX + "token_type");
        if (types.isEmpty()) {
            return Collections.nCopies(count, GgufVocabulary.NORMAL);
        }
        GgufArray.Integers values = types.get();
        if (values.size() != count) {
            throw vocabulary("token_type", values.size() + " types", count + ", one a token");
        }
        List<Integer> kinds = new ArrayList<>();
        for (int id = 0; id < count; id++) {
            kinds.add((int) values.get(id));
        }
        return kinds;
    }

    private int id(String name, int count) {
        int id = metadata.intOr(PREFIX + name, 0, Integer.MAX_VALUE, -1);
        if (id >= count) {
            throw vocabulary(name, "" + id, "an id below " + count);
        }
        return id;
    }

    private String text(String name, List<String> tokens) {
        int id = id(name, tokens.size());
        return id < 0 ? "" : tokens.get(id);
    }

    private Optional<Boolean> optional(String name) {
        return metadata.has(PREFIX + name)
                ? Optional.of(metadata.booleanOr(PREFIX + name, false))
                : Optional.empty();
    }

    private RuntimeException vocabulary(String name, String given, String allowed) {
        return metadata.refuse(GgufError.VOCABULARY, PREFIX + name, given, allowed);
    }

    private RuntimeException missing(String name) {
        return metadata.refuse(GgufError.MISSING_KEY, PREFIX + name, "nothing", "an array");
    }
}
