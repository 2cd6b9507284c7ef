package dev.millrace.engine.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Checks ids, merges and added tokens of a tokenizer.json against each other and against the model. */
final class TokenizerVocabulary {
    private static final Logger LOG = LoggerFactory.getLogger(TokenizerVocabulary.class);
    private static final String REMEDY = "Take tokenizer.json from the original checkpoint";

    private final String where;
    private final JsonNode root;
    private final int vocabSize;
    private final Map<String, Integer> ids = new HashMap<>();
    private final BitSet used = new BitSet();

    private TokenizerVocabulary(String where, JsonNode root, int vocabSize) {
        this.where = where;
        this.root = root;
        this.vocabSize = vocabSize;
    }

    /** Refuses contradictions; gives the largest id plus one. */
    static int check(String where, JsonNode root, int vocabSize) {
        TokenizerVocabulary vocabulary = new TokenizerVocabulary(where, root, vocabSize);
        JsonNode model = root.path("model");
        vocabulary.readVocabulary(model.path("vocab"));
        vocabulary.readAddedTokens();
        if (model.path("type").asText().equals("BPE")) {
            vocabulary.checkMerges(model.path("merges"));
            vocabulary.checkByteAlphabet();
        }
        return vocabulary.used.length();
    }

    private void readVocabulary(JsonNode vocab) {
        if (vocab.isArray()) {
            // Unigram: [token, score] by id.
            for (int id = 0; id < vocab.size(); id++) {
                ids.putIfAbsent(vocab.get(id).path(0).asText(), id);
                use(id, vocab.get(id).path(0).asText());
            }
            return;
        }
        if (!vocab.isObject()) {
            throw refuse(TokenizerError.TOKEN_ID, "model.vocab", "none", "tokens and ids");
        }
        vocab.properties().forEach(e -> add(e.getKey(), e.getValue()));
    }

    private void add(String token, JsonNode id) {
        checkId(token, id);
        use(id.intValue(), token);
        ids.put(token, id.intValue());
    }

    private void checkId(String token, JsonNode id) {
        boolean fits = id.isIntegralNumber() && id.canConvertToInt();
        if (!fits || id.intValue() < 0 || id.intValue() >= vocabSize) {
            throw refuse(
                    TokenizerError.TOKEN_ID,
                    "token " + quote(token),
                    "id " + id,
                    "an id from 0 to " + (vocabSize - 1));
        }
    }

    private void use(int id, String token) {
        if (id >= vocabSize || used.get(id)) {
            throw refuse(
                    TokenizerError.TOKEN_ID,
                    "token " + quote(token),
                    "id " + id,
                    "an id of its own from 0 to " + (vocabSize - 1));
        }
        used.set(id);
    }

    private void readAddedTokens() {
        for (JsonNode added : root.path("added_tokens")) {
            String content = added.path("content").asText("");
            if (content.isEmpty()) {
                throw refuse(
                        TokenizerError.ADDED_TOKEN, "added_tokens", "an empty content", "a text");
            }
            checkId(content, added.path("id"));
            int id = added.path("id").intValue();
            Integer known = ids.get(content);
            if (known == null ? used.get(id) : known != id) {
                throw refuse(
                        TokenizerError.ADDED_TOKEN,
                        "added token " + quote(content),
                        "id " + id,
                        known == null ? "an id that no other token has" : "its id, " + known);
            }
            used.set(id);
            ids.put(content, id);
        }
    }

    private void checkMerges(JsonNode merges) {
        for (int i = 0; i < merges.size(); i++) {
            JsonNode merge = merges.get(i);
            String[] pair =
                    merge.isArray()
                            ? new String[] {merge.path(0).asText(), merge.path(1).asText()}
                            : merge.asText().split(" ", -1);
            boolean known =
                    pair.length == 2 && ids.containsKey(pair[0]) && ids.containsKey(pair[1]);
            if (!known || !ids.containsKey(pair[0] + pair[1])) {
                throw refuse(
                        TokenizerError.MERGES,
                        "model.merges[" + i + "]",
                        merge.toString(),
                        "two tokens of the vocabulary that make a third");
            }
        }
    }

    private void checkByteAlphabet() {
        if (!usesByteLevel(root.path("pre_tokenizer"))) {
            return;
        }
        int missing = 0;
        int missingAscii = 0;
        for (int b = 0; b < 256; b++) {
            boolean has = ids.containsKey(ByteAlphabet.of(b));
            missing += has ? 0 : 1;
            missingAscii += has || b < ' ' || b > '~' ? 0 : 1;
        }
        if (missingAscii > 0) {
            throw refuse(
                    TokenizerError.BYTE_ALPHABET,
                    "model.vocab",
                    (256 - missing) + " of the 256 bytes, without all of ASCII",
                    "all of them: text would be lost");
        }
        if (missing > 0) {
            // Some published vocabularies lack bytes that their training text never had.
            LOG.warn("{}: {} of the 256 bytes have no token; text loses them", where, missing);
        }
    }

    private static boolean usesByteLevel(JsonNode preTokenizer) {
        if (preTokenizer.path("type").asText().equals("ByteLevel")) {
            return true;
        }
        for (JsonNode inner : preTokenizer.path("pretokenizers")) {
            if (usesByteLevel(inner)) {
                return true;
            }
        }
        return false;
    }

    private RuntimeException refuse(
            TokenizerError code, String part, String given, String allowed) {
        return HfTokenizer.refuse(code, where + ": " + part, given, allowed, REMEDY);
    }

    private static String quote(String token) {
        return token.length() > 60 ? "'" + token.substring(0, 60) + "…'" : "'" + token + "'";
    }
}
