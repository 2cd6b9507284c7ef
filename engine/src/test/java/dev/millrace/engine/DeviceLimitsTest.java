package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models that the (emulated) GPU cannot hold or compute are refused by name before they are loaded. */
final class DeviceLimitsTest {
    private static final Path MODEL = Golden.folder("llama").model();

    @BeforeAll
    static void needsTheEmulator() {
        TestingDevices.assumeEmulator();
    }

    private static EngineConfig config(String... options) {
        Map<String, String> map = new HashMap<>(Map.of("device", "cuda:0"));
        for (int i = 0; i < options.length; i += 2) {
            map.put(options[i], options[i + 1]);
        }
        return EngineOptions.parse(map, TestConfigs.of(1, 64, 256, 0, true));
    }

    @Test
    void aSecondEngineThatAsksForMoreThanTheFirstHasLeftIsRefused() throws Exception {
        EngineConfig nearlyAll = config("gpu-memory-utilization", "0.9999");
        try (LlmEngine first = LlmEngine.load(MODEL, nearlyAll)) {
            assertThatThrownBy(() -> LlmEngine.load(MODEL, nearlyAll))
                    .isInstanceOf(InvalidModelException.class)
                    .hasMessageContainingAll(
                            "LLM-DV-08",
                            "MiB free of 81920 MiB",
                            "gpu-memory-utilization",
                            "another engine",
                            "device = cuda:N");
            Request request =
                    Request.of(
                            "r", new Prompt.Tokens(TokenIds.of(1, 2, 3)), SamplingParams.greedy(3));
            assertThat(first.submit(request).get().usage().generatedTokens()).isPositive();
        }
        LlmEngine.load(MODEL, nearlyAll).close();
    }

    @Test
    void aModelThatIsTooLargeIsRefusedWithThreeThingsToChange() {
        assertThatThrownBy(() -> LlmEngine.load(MODEL, config("gpu-memory-utilization", "0.0005")))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContainingAll(
                        "LLM-DV-08",
                        "40 MiB to use",
                        "weights",
                        "keys and values at least",
                        "gpu-memory-utilization",
                        "max-num-batched-tokens",
                        "smaller or quantised model");
    }

    @Test
    void headsWithoutAKernelAreRefused(@TempDir Path folder) throws IOException {
        try (Stream<Path> files = Files.list(MODEL)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, folder.resolve(file.getFileName()));
            }
        }
        Path configFile = folder.resolve("config.json");
        String json = Files.readString(configFile);
        // The same matrices, cut into more heads.
        Files.writeString(
                configFile,
                json.replace("\"head_dim\": 16", "\"head_dim\": 4")
                        .replace("\"num_attention_heads\": 4", "\"num_attention_heads\": 16")
                        .replace("\"num_key_value_heads\": 2", "\"num_key_value_heads\": 8"));
        assertThatThrownBy(() -> LlmEngine.load(folder, config()))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContainingAll(
                        "LLM-DV-11",
                        "heads of 4 dimensions",
                        "multiples of 8 up to 256",
                        "device = cpu");
    }
}
