package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.engine.loader.Checkpoint;
import dev.millrace.engine.loader.TestingModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class MemoryFitTest {
    private static final int CONTEXT = 100_000;

    @TempDir private Path folder;

    /** With a window of 16 in every layer and steps of 1024 tokens, 130 blocks of 8 and 3 more; else the whole context. */
    @ParameterizedTest
    @CsvSource({"mistral-swa, 1064", "gemma3_text, 100000", "llama, 100000"})
    void aSequenceKeepsWhatSomeLayerMaySee(String model, long tokens) throws IOException {
        Path source = TestingModels.path(model);
        try (Stream<Path> files = Files.list(source)) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(file.getFileName()));
            }
        }
        ObjectMapper json = new ObjectMapper();
        Path config = folder.resolve("config.json");
        ObjectNode root = (ObjectNode) json.readTree(config.toFile());
        json.writeValue(config.toFile(), root.put("max_position_embeddings", CONTEXT));
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(MemoryFit.of(checkpoint).kvTokensPerSequence()).isEqualTo(tokens);
        }
    }
}
