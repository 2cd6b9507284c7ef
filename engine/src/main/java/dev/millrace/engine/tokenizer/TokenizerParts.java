package dev.millrace.engine.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Checks the types of a tokenizer.json's parts, and its split patterns. */
final class TokenizerParts {
    private static final Set<String> MODELS = Set.of("BPE", "Unigram", "WordPiece", "WordLevel");

    private static final Map<String, Set<String>> TYPES =
            Map.of(
                    "normalizer",
                    Set.of(
                            "BertNormalizer",
                            "Lowercase",
                            "NFC",
                            "NFD",
                            "NFKC",
                            "NFKD",
                            "Nmt",
                            "Precompiled",
                            "Prepend",
                            "Replace",
                            "Sequence",
                            "Strip",
                            "StripAccents"),
                    "pre_tokenizer",
                    Set.of(
                            "BertPreTokenizer",
                            "ByteLevel",
                            "CharDelimiterSplit",
                            "Digits",
                            "Metaspace",
                            "Punctuation",
                            "Sequence",
                            "Split",
                            "UnicodeScripts",
                            "Whitespace",
                            "WhitespaceSplit"),
                    "decoder",
                    Set.of(
                            "BPEDecoder",
                            "ByteFallback",
                            "ByteLevel",
                            "CTC",
                            "Fuse",
                            "Metaspace",
                            "Replace",
                            "Sequence",
                            "Strip",
                            "WordPiece"));

    private TokenizerParts() {}

    static void check(String where, JsonNode root) {
        String model = root.path("model").path("type").asText("");
        if (!MODELS.contains(model)) {
            throw unsupported(where + ": model.type", model, MODELS);
        }
        TYPES.forEach((part, allowed) -> check(where, part, root.path(part), allowed));
    }

    private static void check(String where, String part, JsonNode node, Set<String> allowed) {
        if (node.isMissingNode() || node.isNull()) {
            return;
        }
        String type = node.path("type").asText("");
        if (!allowed.contains(type)) {
            throw unsupported(where + ": " + part, type, allowed);
        }
        String pattern = node.path("pattern").path("Regex").asText("");
        if (SplitPattern.mayBlowUp(pattern)) {
            throw HfTokenizer.refuse(
                    TokenizerError.UNSAFE_PATTERN,
                    where + ": " + part,
                    "the pattern '" + pattern + "', a repetition inside a repetition",
                    "patterns that match in linear time",
                    "Take tokenizer.json from the original checkpoint");
        }
        for (String list : new String[] {"normalizers", "pretokenizers", "decoders"}) {
            node.path(list).forEach(inner -> check(where, part, inner, allowed));
        }
    }

    private static RuntimeException unsupported(String where, String given, Set<String> allowed) {
        return HfTokenizer.refuse(
                TokenizerError.UNSUPPORTED,
                where,
                given.isEmpty() ? "no type" : "type '" + given + "'",
                "one of " + String.join(", ", new TreeSet<>(allowed)),
                "Use a checkpoint with a supported tokenizer");
    }
}
