package dev.millrace.engine.tokenizer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.function.IntPredicate;

/** The parts of a tokenizer.json that do not depend on the kind of vocabulary. */
final class TokenizerJsonWriter {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final GgufVocabulary vocabulary;
    private final ObjectNode root = MAPPER.createObjectNode();

    TokenizerJsonWriter(GgufVocabulary vocabulary) {
        this.vocabulary = vocabulary;
    }

    ObjectNode root() {
        return root;
    }

    byte[] bytes() {
        try {
            return MAPPER.writeValueAsBytes(root);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("writing to memory failed", e);
        }
    }

    /** Tokens that are found in a text before it is split. */
    void writeAddedTokens(IntPredicate isAdded) {
        ArrayNode added = root.putArray("added_tokens");
        for (int id = 0; id < vocabulary.tokens().size(); id++) {
            if (isAdded.test(id)) {
                boolean special = vocabulary.kinds().get(id) != GgufVocabulary.USER_DEFINED;
                added.addObject()
                        .put("id", id)
                        .put("content", vocabulary.tokens().get(id))
                        .put("single_word", false)
                        .put("lstrip", false)
                        .put("rstrip", false)
                        .put("normalized", false)
                        .put("special", special);
            }
        }
    }

    void writeVocab(ObjectNode model) {
        ObjectNode vocab = model.putObject("vocab");
        for (int id = 0; id < vocabulary.tokens().size(); id++) {
            vocab.put(vocabulary.tokens().get(id), id);
        }
    }

    /** Puts tokens around a text; -1 for none. */
    void writePostProcessor(int bosId, int eosId) {
        if (bosId < 0 && eosId < 0) {
            return;
        }
        ObjectNode template = root.putObject("post_processor").put("type", "TemplateProcessing");
        ObjectNode specials = template.putObject("special_tokens");
        ArrayNode single = template.putArray("single");
        if (bosId >= 0) {
            addSpecial(single, specials, bosId);
        }
        addSequence(single, "A");
        if (eosId >= 0) {
            addSpecial(single, specials, eosId);
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
}
