package dev.millrace.engine.tokenizer;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;

/** How a family splits text before merging; GGUF only names it. Patterns as in the families' own tokenizer.json. */
enum BpePattern {
    GPT2("gpt-2, phi-2, mpt, olmo", ""),
    /** Digits one by one, then as GPT-2. */
    DIGITS("smollm, starcoder, refact, codeshell", ""),
    COMMAND_R("command-r", ""),
    LLAMA3("llama-bpe, llama3, llama-v3, falcon3", words("\\p{N}{1,3}")),
    /** As Llama 3's, with merges for whole pieces too. */
    CL100K("dbrx, smaug-bpe, chatglm-bpe, glm4", words("\\p{N}{1,3}")),
    QWEN2("qwen2, deepseek-r1-qwen", words("\\p{N}")),
    STABLELM2("stablelm2", words("\\p{N}")),
    TEKKEN("tekken", cased("", "\\p{N}")),
    GPT4O("gpt-4o, llama4", cased("(?i:'s|'t|'re|'ve|'m|'ll|'d)?", "\\p{N}{1,3}"));

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

    /** Words end where a capital follows a small letter. */
    private static String cased(String ending, String number) {
        String capitals = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
        String smalls = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
        String start = "[^\\r\\n\\p{L}\\p{N}]?" + capitals;
        return start
                + "*"
                + smalls
                + "+"
                + ending
                + "|"
                + start
                + "+"
                + smalls
                + "*"
                + ending
                + "|"
                + number
                + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
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
        return this == LLAMA3 || this == TEKKEN;
    }

    /** BOS goes in front when the file does not say. */
    boolean addsBos() {
        return this == LLAMA3 || this == TEKKEN || this == COMMAND_R;
    }

    boolean normalizesNfc() {
        return this == QWEN2 || this == COMMAND_R;
    }

    /** The byte-level step splits by GPT-2's pattern, which is built into it. */
    boolean splitsInByteLevel() {
        return regex.isEmpty();
    }

    /** Appends the steps before the byte-level one. */
    void writeSplits(ArrayNode steps) {
        if (this == DIGITS || this == COMMAND_R) {
            steps.addObject().put("type", "Digits").put("individual_digits", true);
        }
        if (!regex.isEmpty()) {
            ObjectNode split = steps.addObject().put("type", "Split");
            split.putObject("pattern").put("Regex", regex);
            split.put("behavior", "Isolated").put("invert", false);
        }
    }
}
