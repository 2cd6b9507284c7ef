package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.Golden.GoldenPrompt;
import dev.millrace.engine.loader.TestingModels;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Embeddings against the hidden states that Hugging Face transformers has after the last norm. */
class EmbeddingGoldenTest {
    private static final String PROMPT = "p7";
    private static final double NOISE_FACTOR = 1.5;

    private static Stream<Golden> goldens() {
        return TestingModels.FOLDERS.stream().map(Golden::folder);
    }

    /** Each beginning of the prompt has its last token's row; then the mean of all rows, and that of length 1. */
    @ParameterizedTest
    @MethodSource("goldens")
    void embeddingsAreTheHiddenStatesOfTransformers(Golden golden) throws Exception {
        List<float[]> expected = expected(golden);
        List<Embedding> actual = embeddings(golden, TestConfigs.small());
        for (int i = 0; i < expected.size(); i++) {
            float[] values = actual.get(i).toArray();
            assertThat(values).hasSameSizeAs(expected.get(i));
            for (int j = 0; j < values.length; j++) {
                assertThat(Math.abs(values[j] - expected.get(i)[j]))
                        .as("%s embedding %d, value %d", golden, i, j)
                        .isLessThan(2e-4f);
            }
            assertThat(relativeL2(values, expected.get(i))).as("%s %d", golden, i).isLessThan(2e-5);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "gemma3_text", "starcoder2", "gpt_oss"})
    void embeddingsOnTheGpuAreAsCloseAsItsArithmeticCanBe(String model) throws Exception {
        TestingDevices.assumeEmulator();
        Golden golden = Golden.folder(model);
        List<float[]> expected = expected(golden);
        EngineConfig config = TestingDevices.on("cuda:0", TestConfigs.small());
        List<Embedding> actual = embeddings(golden, config);
        for (int i = 0; i < expected.size(); i++) {
            assertThat(relativeL2(actual.get(i).toArray(), expected.get(i)))
                    .as("%s %d", golden, i)
                    .isLessThan(NOISE_FACTOR * golden.noise().relativeL2());
        }
    }

    private static List<float[]> expected(Golden golden) {
        HiddenStates states = HiddenStates.of(golden);
        List<float[]> expected = new ArrayList<>();
        float[] mean = new float[states.row("normed", 0).length];
        int rows = states.rows("normed");
        for (int row = 0; row < rows; row++) {
            float[] values = states.row("normed", row);
            expected.add(values);
            for (int i = 0; i < mean.length; i++) {
                mean[i] += values[i] / rows;
            }
        }
        expected.add(mean);
        double squares = 0;
        for (float value : mean) {
            squares += (double) value * value;
        }
        float[] normalized = mean.clone();
        for (int i = 0; i < mean.length; i++) {
            normalized[i] /= (float) Math.sqrt(squares);
        }
        expected.add(normalized);
        return expected;
    }

    private static List<Embedding> embeddings(Golden golden, EngineConfig config) throws Exception {
        GoldenPrompt prompt =
                golden.prompts().stream()
                        .filter(each -> each.name().equals(PROMPT))
                        .findFirst()
                        .orElseThrow();
        try (LlmEngine engine = LlmEngine.load(golden.model(), config)) {
            List<CompletableFuture<Embedding>> futures = new ArrayList<>();
            for (int count = 1; count <= prompt.ids().size(); count++) {
                TokenIds ids = TokenIds.ofRange(prompt.ids().toArray(), 0, count);
                futures.add(engine.embed(request(ids, Pooling.LAST, false)));
            }
            futures.add(engine.embed(request(prompt.ids(), Pooling.MEAN, false)));
            futures.add(engine.embed(request(prompt.ids(), Pooling.MEAN, true)));
            List<Embedding> embeddings = new ArrayList<>();
            for (CompletableFuture<Embedding> future : futures) {
                embeddings.add(future.get());
            }
            return embeddings;
        }
    }

    private static EmbedRequest request(TokenIds ids, Pooling pooling, boolean normalized) {
        return new EmbedRequest("e", new Prompt.Tokens(ids), pooling, normalized, Optional.empty());
    }

    private static double relativeL2(float[] actual, float[] expected) {
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < actual.length; i++) {
            double error = (double) actual[i] - expected[i];
            difference += error * error;
            norm += (double) expected[i] * expected[i];
        }
        return Math.sqrt(difference / norm);
    }
}
