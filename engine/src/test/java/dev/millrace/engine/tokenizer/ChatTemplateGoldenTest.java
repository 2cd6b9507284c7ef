package dev.millrace.engine.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.Message;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Templates in the style of each model family write the same as in Python's jinja2 under transformers' settings; {@code
 * make_goldens.py} beside them wrote down what that is.
 */
final class ChatTemplateGoldenTest {
    private static final Path FOLDER = Path.of("src/test/resources/chat-templates");

    static Stream<Arguments> cases() throws IOException {
        JsonNode goldens = new ObjectMapper().readTree(FOLDER.resolve("goldens.json").toFile());
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
        List<Message> messages = messages(all.get("chats").get(chat));
        if (golden.has("refusal")) {
            assertThatExceptionOfType(InvalidRequestException.class)
                    .isThrownBy(() -> template.render(messages, addGenerationPrompt))
                    .satisfies(
                            e ->
                                    assertThat(e.problem().code())
                                            .isEqualTo(TokenizerError.TEMPLATE_REFUSED))
                    .withMessageContaining(golden.get("refusal").asText());
        } else {
            assertThat(template.render(messages, addGenerationPrompt))
                    .isEqualTo(golden.get("prompt").asText());
        }
    }

    private static List<Message> messages(JsonNode chat) {
        List<Message> messages = new ArrayList<>();
        chat.forEach(
                turn ->
                        messages.add(
                                new Message(
                                        turn.get("role").asText(), turn.get("content").asText())));
        return messages;
    }
}
