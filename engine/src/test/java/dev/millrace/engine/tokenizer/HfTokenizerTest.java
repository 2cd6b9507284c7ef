package dev.millrace.engine.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.engine.Message;
import dev.millrace.engine.loader.Checkpoint;
import dev.millrace.engine.loader.TestingModels;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class HfTokenizerTest {

    @Test
    void casesOfTheOriginalTokenizerComeOutEqual() throws IOException {
        try (HfTokenizer tokenizer =
                HfTokenizer.open(TestingModels.path("tokenizer/tokenizer.json"), 512)) {
            checkCases(tokenizer);
            assertThat(tokenizer.vocabSize()).isEqualTo(512);
        }
    }

    @Test
    void theLibraryReportsNothingOverTheNetwork() throws IOException {
        try (HfTokenizer tokenizer =
                HfTokenizer.open(TestingModels.path("tokenizer/tokenizer.json"), 512)) {
            assertThat(tokenizer.vocabSize()).isEqualTo(512);
            assertThat(Boolean.getBoolean("OPT_OUT_TRACKING")).isTrue();
        }
    }

    @Test
    void tokenizerRebuiltFromGgufIsTheOriginal() throws IOException {
        try (Checkpoint gguf = Checkpoint.open(TestingModels.path("gguf-llama/llama-F16.gguf"));
                Tokenizer tokenizer = gguf.tokenizer()) {
            checkCases((HfTokenizer) tokenizer);
        }
    }

    private static void checkCases(HfTokenizer tokenizer) throws IOException {
        JsonNode texts = cases().get("texts");
        assertThat(texts).isNotEmpty();
        for (JsonNode expected : texts) {
            String text = expected.get("text").textValue();
            assertThat(tokenizer.encode(text, true)).isEqualTo(ints(expected.get("ids")));
            int[] plain = ints(expected.get("ids_without_special"));
            assertThat(tokenizer.encode(text, false)).isEqualTo(plain);
            assertThat(tokenizer.decodeWithSpecials(plain, 0, plain.length))
                    .isEqualTo(expected.get("decoded").textValue());
        }
    }

    @Test
    void chatComesOutAsInPython() throws IOException {
        JsonNode chat = cases().get("chat");
        List<Message> messages = new ArrayList<>();
        for (JsonNode message : chat.get("messages")) {
            messages.add(
                    new Message(
                            message.get("role").textValue(), message.get("content").textValue()));
        }
        for (String model : List.of("llama", "gguf-llama/llama-F16.gguf")) {
            try (Checkpoint checkpoint = Checkpoint.open(TestingModels.path(model))) {
                assertThat(checkpoint.chatTemplate().orElseThrow().render(messages, true))
                        .isEqualTo(chat.get("rendered").textValue());
            }
        }
    }

    @Test
    void longTextsAreNotCut() {
        try (HfTokenizer tokenizer =
                HfTokenizer.open(TestingModels.path("tokenizer/tokenizer.json"), 512)) {
            assertThat(tokenizer.encode("a ".repeat(20_000), false).length).isGreaterThan(20_000);
        }
    }

    @Test
    void loneSurrogatesBecomeReplacementCharacters() {
        try (HfTokenizer tokenizer =
                HfTokenizer.open(TestingModels.path("tokenizer/tokenizer.json"), 512)) {
            int[] ids = tokenizer.encode("a\ud800b\udc00", false);
            assertThat(ids).isEqualTo(tokenizer.encode("a\ufffdb\ufffd", false));
            assertThat(tokenizer.decode(ids, 0, ids.length)).isEqualTo("a\ufffdb\ufffd");
        }
    }

    private static JsonNode cases() throws IOException {
        return new ObjectMapper()
                .readTree(Files.readAllBytes(TestingModels.path("tokenizer/cases.json")));
    }

    private static int[] ints(JsonNode array) {
        int[] ints = new int[array.size()];
        for (int i = 0; i < ints.length; i++) {
            ints[i] = array.get(i).intValue();
        }
        return ints;
    }
}
