package dev.millrace.engine.loader;

import static dev.millrace.engine.loader.TestingGguf.array;
import static dev.millrace.engine.loader.TestingGguf.int32;
import static dev.millrace.engine.loader.TestingGguf.text;
import static dev.millrace.engine.loader.TestingGguf.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.millrace.engine.ErrorCode;
import dev.millrace.engine.InvalidModelException;
import dev.millrace.engine.tokenizer.TokenizerError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Vocabularies of GGUF files that contradict themselves or are not supported. */
final class GgufVocabularyBadInputTest {
    @TempDir private Path folder;

    static Stream<Arguments> badVocabularies() {
        return Stream.of(
                bad("no tokenizer", TokenizerError.NOT_FOUND, "tokenizer.ggml.model", g -> {}),
                bad(
                        "WordPiece",
                        TokenizerError.UNSUPPORTED,
                        "'bert'",
                        vocabulary("bert", "gpt-2", texts("a", "b", "ab"))),
                bad(
                        "SentencePiece without scores",
                        GgufError.MISSING_KEY,
                        "scores",
                        vocabulary("llama", "gpt-2", texts("a", "b", "ab"))),
                bad(
                        "scores as bytes",
                        GgufError.VALUE_TYPE,
                        "scores",
                        vocabulary("llama", "gpt-2", texts("a", "b", "ab"))
                                .andThen(scores(array(0, 3, new byte[3])))),
                bad(
                        "scores of another length",
                        GgufError.VOCABULARY,
                        "2 scores",
                        vocabulary("llama", "gpt-2", texts("a", "b", "ab"))
                                .andThen(scores(array(6, 2, int32(0), int32(0))))),
                bad(
                        "a score that is no number",
                        GgufError.VOCABULARY,
                        "NaN for token 1",
                        vocabulary("llama", "gpt-2", texts("a", "b", "ab"))
                                .andThen(
                                        scores(
                                                array(
                                                        6,
                                                        3,
                                                        int32(0),
                                                        int32(0x7FC00000),
                                                        int32(0))))),
                badByte("<0x-1>"),
                badByte("<0xZZ>"),
                badByte("<0x100>"),
                bad(
                        "unknown pattern",
                        TokenizerError.UNSUPPORTED,
                        "'viking'",
                        vocabulary("gpt2", "viking", texts("a", "b", "ab"))),
                bad(
                        "a token twice",
                        GgufError.VOCABULARY,
                        "'a' twice",
                        vocabulary("gpt2", "gpt-2", texts("a", "b", "a"))),
                bad(
                        "tokens as numbers",
                        GgufError.VALUE_TYPE,
                        "tokens",
                        vocabulary("gpt2", "gpt-2", array(4, 1, int32(1)))),
                bad(
                        "types of another length",
                        GgufError.VOCABULARY,
                        "2 types",
                        vocabulary("gpt2", "gpt-2", texts("a", "b", "ab"))
                                .andThen(
                                        g ->
                                                g.put(
                                                        "tokenizer.ggml.token_type",
                                                        TestingGguf.ARRAY,
                                                        array(5, 2, int32(1), int32(1))))),
                bad(
                        "types as text",
                        GgufError.VALUE_TYPE,
                        "token_type",
                        vocabulary("gpt2", "gpt-2", texts("a", "b", "ab"))
                                .andThen(
                                        g ->
                                                g.put(
                                                        "tokenizer.ggml.token_type",
                                                        TestingGguf.STRING,
                                                        text("1")))),
                bad(
                        "not all of ASCII",
                        TokenizerError.BYTE_ALPHABET,
                        "ASCII",
                        vocabulary("gpt2", "gpt-2", texts("a", "b", "ab"))),
                bad(
                        "a merge of unknown tokens",
                        TokenizerError.MERGES,
                        "merges[0]",
                        vocabulary("gpt2", "gpt-2", texts("a", "b", "c"))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badVocabularies")
    void badVocabularyIsRefused(
            String name, Consumer<TestingGguf> change, ErrorCode code, String message)
            throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(write(change))) {
            assertThatExceptionOfType(InvalidModelException.class)
                    .isThrownBy(checkpoint::tokenizer)
                    .satisfies(e -> assertThat(e.problem().code()).isEqualTo(code))
                    .withMessageContaining(message);
        }
    }

    private Path write(Consumer<TestingGguf> change) throws IOException {
        TestingGguf gguf = TestingGguf.llama();
        change.accept(gguf);
        return Files.write(folder.resolve("model.gguf"), gguf.bytes());
    }

    private static Arguments bad(
            String name, ErrorCode code, String message, Consumer<TestingGguf> change) {
        return Arguments.of(name, change, code, message);
    }

    private static Consumer<TestingGguf> scores(byte[] array) {
        return g -> g.put("tokenizer.ggml.scores", TestingGguf.ARRAY, array);
    }

    private static Arguments badByte(String token) {
        return bad(
                "byte " + token,
                GgufError.VOCABULARY,
                "'" + token + "'",
                vocabulary("llama", "gpt-2", texts("a", "b", token))
                        .andThen(scores(array(6, 3, int32(0), int32(0), int32(0))))
                        .andThen(
                                g ->
                                        g.put(
                                                "tokenizer.ggml.token_type",
                                                TestingGguf.ARRAY,
                                                array(5, 3, int32(1), int32(1), int32(6)))));
    }

    private static Consumer<TestingGguf> vocabulary(String model, String pre, byte[] tokens) {
        return g ->
                g.put("tokenizer.ggml.model", TestingGguf.STRING, text(model))
                        .put("tokenizer.ggml.pre", TestingGguf.STRING, text(pre))
                        .put("tokenizer.ggml.tokens", TestingGguf.ARRAY, tokens)
                        .put("tokenizer.ggml.merges", TestingGguf.ARRAY, texts("a b"));
    }
}
