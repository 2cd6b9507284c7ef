package dev.millrace.engine.tokenizer;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;

/** How a family splits text before merging; GGUF only names it. Patterns as in the families' own tokenizer.json. */
enum BpePattern {
    GPT2("gpt-2", ""),
    LLAMA3("llama-bpe, llama3, llama-v3", words("\\p{N}{1,3}")),
    QWEN2("qwen2, deepseek-r1-qwen", words("\\p{N}")),
    SMOLLM("smollm", "");

    /** Names in GGUF, separated by a comma and a space. */
    private final String ggufNames;

    private final String regex;

    BpePattern(String ggufNames, String regex) {
        this.ggufNames = ggufNames;
        this.regex = regex;
    }

    private static String words(String number) {
        return "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|"
                + number
                + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    }

    static Optional<BpePattern> named(String ggufName) {
        for (BpePattern pattern : values()) {
            if (List.of(pattern.ggufNames.split(", ", -1)).contains(ggufName)) {
                return Optional.of(pattern);
            }
        }
        return Optional.empty();
    }

    static String names() {
        StringBuilder names = new StringBuilder();
        for (BpePattern pattern : values()) {
            names.append(names.isEmpty() ? "" : ", ").append(pattern.ggufNames);
        }
        return names.toString();
    }

    /** A piece that is a token as a whole is taken without merging. */
    boolean ignoreMerges() {
        return this == LLAMA3;
    }

    /** BOS goes in front when the file does not say. */
    boolean addsBos() {
        return this == LLAMA3;
    }

    boolean normalizesNfc() {
        return this == QWEN2;
    }

    /** The byte-level step splits by GPT-2's pattern, which is built into it. */
    boolean splitsInByteLevel() {
        return regex.isEmpty();
    }

    /** Appends the steps before the byte-level one. */
    void writeSplits(ArrayNode steps) {
        if (this == SMOLLM) {
            steps.addObject().put("type", "Digits").put("individual_digits", true);
        }
        if (!regex.isEmpty()) {
            ObjectNode split = steps.addObject().put("type", "Split");
            split.putObject("pattern").put("Regex", regex);
            split.put("behavior", "Isolated").put("invert", false);
        }
    }
}
