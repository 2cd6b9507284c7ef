package dev.millrace.engine.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.engine.loader.TestingModels;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * Vocabularies as GGUF lists them against the libraries they come from: Python's tokenizers 0.22 with the steps of each family's own
 * tokenizer.json, and sentencepiece 0.2 itself.
 */
final class GgufVocabularyTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void everyKnownSplitPatternGivesTheOriginalsTokens() throws IOException {
        JsonNode known = read("bpe.json");
        Map<String, HfTokenizer> tokenizers = new LinkedHashMap<>();
        for (JsonNode expected : known.get("cases")) {
            String pre = expected.get("pre").textValue();
            HfTokenizer tokenizer = tokenizers.computeIfAbsent(pre, name -> bpe(known, name));
            String text = expected.get("text").textValue();
            assertThat(tokenizer.encode(text, false))
                    .as("%s: %s", pre, text)
                    .isEqualTo(ints(expected.get("ids")));
        }
        assertThat(tokenizers.keySet()).hasSizeGreaterThan(12);
        tokenizers.values().forEach(HfTokenizer::close);
    }

    private static HfTokenizer bpe(JsonNode known, String pre) {
        List<String> tokens = texts(known.get("tokens"));
        return HfTokenizer.of(
                "test",
                new BpeVocabulary(
                        pre,
                        tokens,
                        integers(known.get("kinds")),
                        texts(known.get("merges")),
                        0,
                        1,
                        Optional.of(false),
                        Optional.empty()),
                tokens.size());
    }

    @Test
    void sentencePieceVocabulariesGiveTheOriginalsTokensAndTexts() throws IOException {
        for (JsonNode known : read("sentencepiece.json")) {
            try (HfTokenizer tokenizer = sentencePiece(known, Optional.of(false))) {
                for (JsonNode expected : known.get("cases")) {
                    String text = expected.get("text").textValue();
                    int[] ids = ints(expected.get("ids"));
                    assertThat(tokenizer.encode(text, true)).as(text).isEqualTo(ids);
                    assertThat(tokenizer.decodeWithSpecials(ids, 0, ids.length))
                            .as(text)
                            .isEqualTo(expected.get("decoded").textValue());
                }
            }
        }
    }

    /** Bytes of one code point come one by one. */
    @Test
    void sentencePieceTokensStreamToTheSameText() throws IOException {
        for (JsonNode known : read("sentencepiece.json")) {
            try (HfTokenizer tokenizer = sentencePiece(known, Optional.empty())) {
                for (JsonNode expected : known.get("cases")) {
                    StreamingDetokenizer stream = new StreamingDetokenizer(tokenizer);
                    StringBuilder text = new StringBuilder();
                    for (int id : ints(expected.get("ids"))) {
                        text.append(stream.append(id));
                    }
                    text.append(stream.finish());
                    assertThat(text.toString()).isEqualTo(expected.get("decoded").textValue());
                }
            }
        }
    }

    @Test
    void sentencePieceTextsBeginWithBosUnlessTheFileSaysOtherwise() throws IOException {
        JsonNode known = read("sentencepiece.json").get(0);
        try (HfTokenizer tokenizer = sentencePiece(known, Optional.empty())) {
            int[] ids = tokenizer.encode("Hello", true);
            assertThat(ids[0]).isEqualTo(1);
            assertThat(tokenizer.encode("Hello", false))
                    .isEqualTo(Arrays.copyOfRange(ids, 1, ids.length));
        }
    }

    private static HfTokenizer sentencePiece(JsonNode known, Optional<Boolean> addBos) {
        List<String> tokens = texts(known.get("tokens"));
        List<Float> scores = new ArrayList<>();
        known.get("scores").forEach(score -> scores.add((float) score.asDouble()));
        return HfTokenizer.of(
                "test",
                new SentencePieceVocabulary(
                        tokens,
                        integers(known.get("kinds")),
                        scores,
                        0,
                        1,
                        2,
                        addBos,
                        Optional.empty(),
                        known.get("add_space_prefix").booleanValue()),
                tokens.size());
    }

    private static JsonNode read(String name) throws IOException {
        return JSON.readTree(TestingModels.path("gguf-tokenizers/" + name).toFile());
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        Iterator<JsonNode> each = array.iterator();
        while (each.hasNext()) {
            texts.add(each.next().textValue());
        }
        return texts;
    }

    private static List<Integer> integers(JsonNode array) {
        List<Integer> values = new ArrayList<>();
        array.forEach(value -> values.add(value.intValue()));
        return values;
    }

    private static int[] ints(JsonNode array) {
        return integers(array).stream().mapToInt(Integer::intValue).toArray();
    }
}
