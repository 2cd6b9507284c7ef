package dev.millrace.engine.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.Message;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Templates in the style of each model family write the same as in Python's jinja2 under transformers' settings; {@code
 * make_goldens.py} beside them wrote down what that is.
 */
final class ChatTemplateGoldenTest {
    private static final Path FOLDER = Path.of("src/test/resources/chat-templates");

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final TypeReference<Map<String, Object>> VARIABLES = new TypeReference<>() {};

    static Stream<Arguments> cases() throws IOException {
        JsonNode goldens = JSON.readTree(FOLDER.resolve("goldens.json").toFile());
        return StreamSupport.stream(goldens.get("cases").spliterator(), false)
                .map(
                        golden ->
                                Arguments.of(
                                        golden.get("template").asText(),
                                        golden.get("chat").asText(),
                                        golden.get("addGenerationPrompt").asBoolean(),
                                        golden,
                                        goldens));
    }

    @ParameterizedTest(name = "{0}, {1}, generation prompt {2}")
    @MethodSource("cases")
    void templateWritesWhatPythonWrites(
            String file, String chat, boolean addGenerationPrompt, JsonNode golden, JsonNode all)
            throws IOException {
        ChatTemplate template =
                ChatTemplate.compile(
                        Files.readString(FOLDER.resolve(file)),
                        all.get("bos_token").asText(),
                        all.get("eos_token").asText());
        Map<String, Object> variables = new HashMap<>();
        variables.put("tools", null);
        variables.put("documents", null);
        variables.put("add_generation_prompt", addGenerationPrompt);
        variables.putAll(JSON.convertValue(all.get("chats").get(chat), VARIABLES));
        if (golden.has("refusal")) {
            boolean raised = golden.get("raised").asBoolean();
            assertThatExceptionOfType(InvalidRequestException.class)
                    .isThrownBy(() -> template.render(variables))
                    .satisfies(
                            e ->
                                    assertThat(e.problem().code())
                                            .isEqualTo(
                                                    raised
                                                            ? TokenizerError.TEMPLATE_REFUSED
                                                            : TokenizerError.TEMPLATE_FAILED))
                    .withMessageContaining(raised ? golden.get("refusal").asText() : "line");
        } else {
            assertThat(template.render(variables)).isEqualTo(golden.get("prompt").asText());
        }
    }

    /** What a job's messages column and {@code millrace chat} give is rendered as the same messages in JSON. */
    @Test
    void messagesAreRenderedAsTheirJson() throws IOException {
        ChatTemplate template =
                ChatTemplate.compile(Files.readString(FOLDER.resolve("qwen3.jinja")), "", "");
        assertThat(template.render(List.of(new Message("user", "What is 2 + 2?")), true))
                .isEqualTo("<|im_start|>user\nWhat is 2 + 2?<|im_end|>\n<|im_start|>assistant\n");
    }
}
