package dev.millrace.engine.tokenizer;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Writes a {@link BpeVocabulary} as the tokenizer.json that its checkpoint had before it became GGUF. */
final class BpeTokenizerJson {
    private final BpeVocabulary vocabulary;
    private final BpePattern pattern;
    private final TokenizerJsonWriter json;

    private BpeTokenizerJson(BpeVocabulary vocabulary, BpePattern pattern) {
        this.vocabulary = vocabulary;
        this.pattern = pattern;
        json = new TokenizerJsonWriter(vocabulary);
    }

    static byte[] write(String where, BpeVocabulary vocabulary) {
        BpePattern pattern =
                BpePattern.named(vocabulary.pre())
                        .orElseThrow(() -> unknownPattern(where, vocabulary.pre()));
        BpeTokenizerJson writer = new BpeTokenizerJson(vocabulary, pattern);
        writer.json.writeAddedTokens(writer::isAdded);
        writer.writeModel();
        writer.writePipeline();
        writer.json.writePostProcessor(
                vocabulary.addBos().orElse(pattern.addsBos()) ? vocabulary.bosId() : -1,
                vocabulary.addEos().orElse(false) ? vocabulary.eosId() : -1);
        return writer.json.bytes();
    }

    private boolean isAdded(int id) {
        int kind = vocabulary.kinds().get(id);
        return kind == GgufVocabulary.CONTROL || kind == GgufVocabulary.USER_DEFINED;
    }

    private void writeModel() {
        ObjectNode model = json.root().putObject("model");
        model.put("type", "BPE");
        model.put("byte_fallback", false);
        model.put("fuse_unk", false);
        model.put("ignore_merges", pattern.ignoreMerges());
        json.writeVocab(model);
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
            json.root().putObject("normalizer").put("type", "NFC");
        }
        ArrayNode steps =
                json.root()
                        .putObject("pre_tokenizer")
                        .put("type", "Sequence")
                        .putArray("pretokenizers");
        pattern.writeSplits(steps);
        writeByteLevel(steps.addObject(), pattern.splitsInByteLevel());
        writeByteLevel(json.root().putObject("decoder"), true);
    }

    private static void writeByteLevel(ObjectNode step, boolean useRegex) {
        step.put("type", "ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", false)
                .put("use_regex", useRegex);
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
