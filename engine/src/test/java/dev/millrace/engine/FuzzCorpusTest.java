package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThatCode;

import dev.millrace.engine.loader.ConfigFuzzer;
import dev.millrace.engine.loader.GgufFuzzer;
import dev.millrace.engine.loader.SafetensorsFuzzer;
import dev.millrace.engine.tokenizer.TemplateFuzzer;
import dev.millrace.engine.tokenizer.TokenizerFuzzer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The seeds and past findings of the fuzz targets. docs/checkpoints.md says how to go on from them. */
final class FuzzCorpusTest {
    private static final Map<String, Consumer<byte[]>> TARGETS =
            Map.of(
                    "safetensors", SafetensorsFuzzer::fuzzerTestOneInput,
                    "gguf", GgufFuzzer::fuzzerTestOneInput,
                    "config", ConfigFuzzer::fuzzerTestOneInput,
                    "tokenizer", TokenizerFuzzer::fuzzerTestOneInput,
                    "template", TemplateFuzzer::fuzzerTestOneInput);

    static Stream<Path> inputs() throws IOException, URISyntaxException {
        Path corpus = Path.of(FuzzCorpusTest.class.getResource("/fuzz").toURI());
        try (Stream<Path> files = Files.walk(corpus)) {
            return files.filter(Files::isRegularFile).sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("inputs")
    void inputIsReadOrRefused(Path input) {
        String target = input.getParent().getFileName().toString();
        assertThatCode(() -> TARGETS.get(target).accept(read(input)))
                .as("%s", input)
                .doesNotThrowAnyException();
    }

    private static byte[] read(Path input) {
        try {
            return Files.readAllBytes(input);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
