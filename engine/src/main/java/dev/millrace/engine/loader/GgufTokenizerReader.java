package dev.millrace.engine.loader;

import static dev.millrace.engine.loader.Problems.quote;

import dev.millrace.engine.tokenizer.BpeVocabulary;
import dev.millrace.engine.tokenizer.ChatTemplate;
import dev.millrace.engine.tokenizer.TokenizerError;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads vocabulary and chat template from GGUF's {@code tokenizer.*} metadata. */
final class GgufTokenizerReader {
    private static final String PREFIX = "tokenizer.ggml.";

    private final GgufMetadata metadata;

    GgufTokenizerReader(GgufMetadata metadata) {
        this.metadata = metadata;
    }

    BpeVocabulary vocabulary() {
        checkModel();
        List<String> tokens =
                metadata.texts(PREFIX + "tokens").orElseThrow(() -> missing("tokens"));
        List<String> merges =
                metadata.texts(PREFIX + "merges").orElseThrow(() -> missing("merges"));
        checkDistinct(tokens);
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

    private void checkModel() {
        String model = metadata.text(PREFIX + "model").orElse("");
        if (!model.equals("gpt2")) {
            throw Problems.refuse(
                    model.isEmpty() ? TokenizerError.NOT_FOUND : TokenizerError.UNSUPPORTED,
                    metadata.where() + ": " + PREFIX + "model",
                    model.isEmpty() ? "nothing" : quote(model),
                    "gpt2, byte-level BPE",
                    "Use the model's safetensors checkpoint with its tokenizer.json");
        }
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
            return Collections.nCopies(count, BpeVocabulary.NORMAL);
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
