package dev.millrace.engine.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.engine.InvalidModelException;
import dev.millrace.engine.loader.Checkpoint;
import dev.millrace.engine.loader.TestingModels;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tokenizers that cannot be served, and what is said about them. */
final class TokenizerBadInputTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir private Path folder;

    static Stream<Arguments> badTokenizers() {
        return Stream.of(
                bad(
                        "unknown model",
                        TokenizerError.UNSUPPORTED,
                        "type 'Magic'",
                        t -> model(t).put("type", "Magic")),
                bad("no model", TokenizerError.UNSUPPORTED, "no type", t -> t.remove("model")),
                bad(
                        "unknown normalizer",
                        TokenizerError.UNSUPPORTED,
                        "normalizer: got type 'X'",
                        t -> t.putObject("normalizer").put("type", "X")),
                bad(
                        "unknown pre-tokenizer",
                        TokenizerError.UNSUPPORTED,
                        "pre_tokenizer",
                        t -> steps(t).addObject().put("type", "X")),
                bad(
                        "unknown decoder",
                        TokenizerError.UNSUPPORTED,
                        "decoder",
                        t -> t.putObject("decoder").put("type", "X")),
                bad(
                        "merge of unknown tokens",
                        TokenizerError.MERGES,
                        "merges[0]",
                        t -> merges(t).insert(0, "zzz qqq")),
                bad(
                        "merge of unknown tokens as a pair",
                        TokenizerError.MERGES,
                        "merges[0]",
                        t -> merges(t).insertArray(0).add("zzz").add("qqq")),
                bad(
                        "merge of three",
                        TokenizerError.MERGES,
                        "merges[0]",
                        t -> merges(t).insert(0, "a b c")),
                bad("an id twice", TokenizerError.TOKEN_ID, "id 64", t -> vocab(t).put("qqq", 64)),
                bad(
                        "a negative id",
                        TokenizerError.TOKEN_ID,
                        "id -1",
                        t -> vocab(t).put("qqq", -1)),
                bad(
                        "an id beyond the model",
                        TokenizerError.TOKEN_ID,
                        "expected an id from 0 to 511",
                        t -> vocab(t).put("qqq", 512)),
                bad(
                        "an id as text",
                        TokenizerError.TOKEN_ID,
                        "\"7\"",
                        t -> vocab(t).put("qqq", "7")),
                bad(
                        "added token on another's id",
                        TokenizerError.ADDED_TOKEN,
                        "id 64",
                        t -> added(t, 64, "<|x|>")),
                bad(
                        "added token with two ids",
                        TokenizerError.ADDED_TOKEN,
                        "its id, 64",
                        t -> added(t, 3, "a")),
                bad(
                        "added token without content",
                        TokenizerError.ADDED_TOKEN,
                        "an empty content",
                        t -> added(t, 5, "")),
                bad(
                        "catastrophic pattern",
                        TokenizerError.UNSAFE_PATTERN,
                        "(a+)+$",
                        t -> split(t, "(a+)+$")),
                bad(
                        "no letter a",
                        TokenizerError.BYTE_ALPHABET,
                        "255 of the 256",
                        t -> {
                            vocab(t).remove("a");
                            merges(t).removeAll();
                        }));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badTokenizers")
    void badTokenizerIsRefused(
            String name, Consumer<ObjectNode> change, TokenizerError code, String message)
            throws IOException {
        ObjectNode root = tokenizer();
        change.accept(root);
        refused(JSON.writeValueAsBytes(root), code, message);
    }

    @Test
    void textThatIsNoJsonObjectIsRefused() {
        refused(bytes(""), TokenizerError.NOT_JSON, "no object");
        refused(bytes("[]"), TokenizerError.NOT_JSON, "no object");
        refused(bytes("{\n\"model\": }"), TokenizerError.NOT_JSON, "line 2");
        refused(bytes("{\"a\":" + "[".repeat(100_000)), TokenizerError.NOT_JSON, "64");
    }

    @Test
    void mergesMayBeTextsOrPairs() throws IOException {
        ObjectNode root = tokenizer();
        ArrayNode texts = JSON.createArrayNode();
        for (JsonNode merge : merges(root)) {
            texts.add(merge.get(0).textValue() + " " + merge.get(1).textValue());
        }
        model(root).set("merges", texts);
        String text = "The miller turns the wheel.";
        try (HfTokenizer pairs = HfTokenizer.of("p", JSON.writeValueAsBytes(tokenizer()), 512);
                HfTokenizer plain = HfTokenizer.of("t", JSON.writeValueAsBytes(root), 512)) {
            assertThat(plain.encode(text, false)).isEqualTo(pairs.encode(text, false));
        }
    }

    @Test
    void missingTokenizerIsNamed() {
        assertThatExceptionOfType(InvalidModelException.class)
                .isThrownBy(() -> HfTokenizer.open(folder.resolve("tokenizer.json"), 512))
                .satisfies(e -> assertThat(e.problem().code()).isEqualTo(TokenizerError.NOT_FOUND))
                .withMessageContaining("tokenizer.json");
    }

    @Test
    void tokenizerThatIsTooLargeIsRefused() throws IOException {
        Path file = folder.resolve("tokenizer.json");
        try (var channel =
                Files.newByteChannel(
                        file,
                        StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.SPARSE)) {
            channel.position(5L << 30);
            channel.write(ByteBuffer.wrap(new byte[1]));
        }
        assertThatExceptionOfType(InvalidModelException.class)
                .isThrownBy(() -> HfTokenizer.open(file, 512))
                .withMessageContaining("5368709121 bytes");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(a+)+$",
                "(a*)*",
                "((a+)b?)+",
                "(?:a|b+)*",
                "(a{2,})+",
                "(\\p{L}+\\s*)+",
                "([a-z]+){2,}"
            })
    void patternsThatMayTakeForeverAreFound(String pattern) {
        assertThat(SplitPattern.mayBlowUp(pattern)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|"
                        + " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
                "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}]*[\\p{Ll}]+(?i:'s|'t)?|\\s+",
                "(a+)?b",
                "(abc)+",
                "[(+)]+",
                "\\(a+\\)+"
            })
    void patternsOfRealTokenizersAreAccepted(String pattern) {
        assertThat(SplitPattern.mayBlowUp(pattern)).isFalse();
    }

    @Test
    void namedTemplatesNeedADefault() throws IOException {
        try (Stream<Path> files = Files.list(TestingModels.path("qwen2"))) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(file.getFileName().toString()));
            }
        }
        Path config = folder.resolve("tokenizer_config.json");
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            Files.writeString(config, "{\"chat_template\": [{\"name\": \"rag\"}]}");
            assertThatExceptionOfType(InvalidModelException.class)
                    .isThrownBy(checkpoint::chatTemplate)
                    .withMessageContaining("LLM-TK-10");
            Files.writeString(
                    config,
                    "{\"bos_token\": {\"content\": \"<s>\"}, \"chat_template\":"
                            + "[{\"name\": \"default\", \"template\": \"{{ bos_token }}hi\"}]}");
            assertThat(checkpoint.chatTemplate().orElseThrow().render(List.of(), true))
                    .isEqualTo("<s>hi");
            Files.writeString(folder.resolve("chat_template.jinja"), "{{ bos_token }}file");
            assertThat(checkpoint.chatTemplate().orElseThrow().render(List.of(), true))
                    .isEqualTo("<s>file");
            Files.writeString(config, "{}");
            Files.delete(folder.resolve("chat_template.jinja"));
            assertThat(checkpoint.chatTemplate()).isEmpty();
        }
    }

    private static void refused(byte[] json, TokenizerError code, String message) {
        assertThatExceptionOfType(InvalidModelException.class)
                .isThrownBy(() -> HfTokenizer.of("tokenizer.json", json, 512).close())
                .satisfies(e -> assertThat(e.problem().code()).isEqualTo(code))
                .withMessageContaining("tokenizer.json")
                .withMessageContaining(message);
    }

    private static ObjectNode tokenizer() throws IOException {
        Path file = TestingModels.path("tokenizer/tokenizer.json");
        return (ObjectNode) JSON.readTree(Files.readAllBytes(file));
    }

    private static ObjectNode model(ObjectNode root) {
        return (ObjectNode) root.get("model");
    }

    private static ObjectNode vocab(ObjectNode root) {
        return (ObjectNode) model(root).get("vocab");
    }

    private static ArrayNode merges(ObjectNode root) {
        return (ArrayNode) model(root).get("merges");
    }

    private static ArrayNode steps(ObjectNode root) {
        return (ArrayNode) root.get("pre_tokenizer").get("pretokenizers");
    }

    private static void split(ObjectNode root, String regex) {
        ((ObjectNode) steps(root).get(0).get("pattern")).put("Regex", regex);
    }

    private static void added(ObjectNode root, int id, String content) {
        ((ArrayNode) root.get("added_tokens")).addObject().put("id", id).put("content", content);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static Arguments bad(
            String name, TokenizerError code, String message, Consumer<ObjectNode> change) {
        return Arguments.of(name, change, code, message);
    }
}
