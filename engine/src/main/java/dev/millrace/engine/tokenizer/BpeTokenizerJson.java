package dev.millrace.engine.tokenizer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Writes a {@link BpeVocabulary} as the tokenizer.json that its checkpoint had before it became GGUF. */
final class BpeTokenizerJson {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final BpeVocabulary vocabulary;
    private final BpePattern pattern;
    private final ObjectNode root = MAPPER.createObjectNode();

    private BpeTokenizerJson(BpeVocabulary vocabulary, BpePattern pattern) {
        this.vocabulary = vocabulary;
        this.pattern = pattern;
    }

    static byte[] write(String where, BpeVocabulary vocabulary) {
        BpePattern pattern =
                BpePattern.named(vocabulary.pre())
                        .orElseThrow(() -> unknownPattern(where, vocabulary.pre()));
        BpeTokenizerJson json = new BpeTokenizerJson(vocabulary, pattern);
        json.writeAddedTokens();
        json.writeModel();
        json.writePipeline();
        try {
            return MAPPER.writeValueAsBytes(json.root);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("writing to memory failed", e);
        }
    }

    private void writeAddedTokens() {
        ArrayNode added = root.putArray("added_tokens");
        for (int id = 0; id < vocabulary.tokens().size(); id++) {
            int kind = vocabulary.kinds().get(id);
            if (kind == BpeVocabulary.CONTROL || kind == BpeVocabulary.USER_DEFINED) {
                added.addObject()
                        .put("id", id)
                        .put("content", vocabulary.tokens().get(id))
                        .put("single_word", false)
                        .put("lstrip", false)
                        .put("rstrip", false)
                        .put("normalized", false)
                        .put("special", kind == BpeVocabulary.CONTROL);
            }
        }
    }

    private void writeModel() {
        ObjectNode model = root.putObject("model");
        model.put("type", "BPE");
        model.put("byte_fallback", false);
        model.put("fuse_unk", false);
        model.put("ignore_merges", pattern.ignoreMerges());
        ObjectNode vocab = model.putObject("vocab");
        for (int id = 0; id < vocabulary.tokens().size(); id++) {
            vocab.put(vocabulary.tokens().get(id), id);
        }
        ArrayNode merges = model.putArray("merges");
        for (String merge : vocabulary.merges()) {
            // A token may be a space only as its first character.
            int space = merge.indexOf(' ', 1);
            ArrayNode pair = merges.addArray();
            pair.add(space < 0 ? merge : merge.substring(0, space));
            pair.add(space < 0 ? "" : merge.substring(space + 1));
        }
    }

    private void writePipeline() {
        if (pattern.normalizesNfc()) {
            root.putObject("normalizer").put("type", "NFC");
        }
        ArrayNode steps =
                root.putObject("pre_tokenizer").put("type", "Sequence").putArray("pretokenizers");
        pattern.writeSplits(steps);
        writeByteLevel(steps.addObject(), pattern.splitsInByteLevel());
        writeByteLevel(root.putObject("decoder"), true);
        writePostProcessor();
    }

    private static void writeByteLevel(ObjectNode step, boolean useRegex) {
        step.put("type", "ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", false)
                .put("use_regex", useRegex);
    }

    private void writePostProcessor() {
        boolean bos = vocabulary.bosId() >= 0 && vocabulary.addBos().orElse(pattern.addsBos());
        boolean eos = vocabulary.eosId() >= 0 && vocabulary.addEos().orElse(false);
        if (!bos && !eos) {
            return;
        }
        ObjectNode template = root.putObject("post_processor").put("type", "TemplateProcessing");
        ObjectNode specials = template.putObject("special_tokens");
        ArrayNode single = template.putArray("single");
        if (bos) {
            addSpecial(single, specials, vocabulary.bosId());
        }
        addSequence(single, "A");
        if (eos) {
            addSpecial(single, specials, vocabulary.eosId());
        }
        ArrayNode pair = template.putArray("pair");
        addSequence(pair, "A");
        addSequence(pair, "B");
    }

    private static void addSequence(ArrayNode template, String name) {
        template.addObject().putObject("Sequence").put("id", name).put("type_id", 0);
    }

    private void addSpecial(ArrayNode template, ObjectNode specials, int id) {
        String token = vocabulary.tokens().get(id);
        template.addObject().putObject("SpecialToken").put("id", token).put("type_id", 0);
        ObjectNode special = specials.putObject(token).put("id", token);
        special.putArray("ids").add(id);
        special.putArray("tokens").add(token);
    }

    private static RuntimeException unknownPattern(String where, String pre) {
        return HfTokenizer.refuse(
                TokenizerError.UNSUPPORTED,
                where + ": tokenizer.ggml.pre",
                pre.isEmpty() ? "nothing" : "'" + pre + "'",
                "one of " + BpePattern.names(),
                "Use the model's safetensors checkpoint with its tokenizer.json");
    }
}
