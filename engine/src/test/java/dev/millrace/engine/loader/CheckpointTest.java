package dev.millrace.engine.loader;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.TokenIds;
import dev.millrace.engine.model.AttentionConfig.QkNorm;
import dev.millrace.engine.model.LayerConfig;
import dev.millrace.engine.model.MlpConfig;
import dev.millrace.engine.model.ModelConfig;
import dev.millrace.engine.model.RopeScaling;
import dev.millrace.kernels.WeightFormat;
import dev.millrace.kernels.WeightSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

final class CheckpointTest {

    @ParameterizedTest
    @FieldSource("dev.millrace.engine.loader.TestingModels#FOLDERS")
    void bothDialectsOfAConfigurationMeanTheSame(String name) {
        Path folder = TestingModels.path(name);
        ModelConfig now = HfCheckpoint.readConfig(folder, "config.json");
        assertThat(HfCheckpoint.readConfig(folder, "config.v4.json")).isEqualTo(now);
        assertThat(now.numLayers()).isBetween(3, 4);
        assertThat(now.bosTokenId()).isEqualTo(507);
    }

    @ParameterizedTest
    @FieldSource("dev.millrace.engine.loader.TestingModels#FOLDERS")
    void everyTensorOfAFolderCanBeRead(String name) {
        try (Checkpoint checkpoint = Checkpoint.open(TestingModels.path(name))) {
            readAll(checkpoint);
        }
    }

    @ParameterizedTest
    @FieldSource("dev.millrace.engine.loader.TestingModels#GGUF_FILES")
    void everyTensorOfAGgufFileCanBeRead(String name) {
        try (Checkpoint checkpoint = Checkpoint.open(TestingModels.path(name))) {
            readAll(checkpoint);
        }
    }

    private static void readAll(Checkpoint checkpoint) {
        assertThat(checkpoint.fingerprint()).matches("[0-9a-f]{64}");
        TensorPlan.shapes(checkpoint.config())
                .forEach(
                        (name, shape) -> {
                            assertThat(checkpoint.has(name)).as(name).isTrue();
                            long elements = shape.stream().reduce(1L, (a, b) -> a * b);
                            if (shape.size() != 2) {
                                assertThat(checkpoint.vector(name)).hasSize((int) elements);
                            } else {
                                WeightSource matrix = checkpoint.matrix(name);
                                assertThat(rows(matrix, 0, matrix.n()).remaining())
                                        .isEqualTo(
                                                matrix.n() * matrix.format().rowBytes(matrix.k()));
                            }
                        });
    }

    @Test
    void settingsOfTheFamiliesAreFound() {
        assertThat(config("llama3-rope").eosTokenIds()).isEqualTo(TokenIds.of(508, 511));
        assertThat(scaling("llama3-rope")).isEqualTo(new RopeScaling.Llama3(8, 1, 4, 64));
        assertThat(scaling("llama-linear-rope")).isEqualTo(new RopeScaling.Linear(4));
        assertThat(scaling("llama-yarn"))
                .isEqualTo(new RopeScaling.Yarn(4, 64, 32, 1, 0.1 * Math.log(4) + 1, true));
        assertThat(config("llama-tied").tieWordEmbeddings()).isTrue();
        assertThat(config("llama-bias"))
                .matches(c -> c.attention().qkvBias() && c.attention().outputBias())
                .matches(c -> c.layers().get(0).mlp() instanceof MlpConfig.Gated g && g.bias())
                .matches(c -> c.norm().epsilon() == 1e-3f);
        assertThat(config("llama-headdim").headDim()).isEqualTo(32);
        assertThat(config("llama-headdim").attention().scale())
                .isEqualTo((float) (1 / Math.sqrt(32)));
        assertThat(windows("mistral-swa")).containsExactly(16, 16, 16);
        assertThat(config("qwen2"))
                .matches(c -> c.attention().qkvBias() && !c.attention().outputBias())
                .matches(c -> c.tieWordEmbeddings() && c.ropes().get(0).theta() == 1e6);
        assertThat(windows("qwen2")).containsExactly(0, 0, 0);
        assertThat(windows("qwen2-swa")).containsExactly(0, 16, 16);
        assertThat(config("qwen3").attention())
                .matches(a -> a.qkNorm() == QkNorm.HEAD && !a.qkvBias());
        assertThat(windows("qwen3")).containsExactly(0, 0, 0);
    }

    private static RopeScaling scaling(String name) {
        return config(name).ropes().get(0).scaling();
    }

    private static List<Integer> windows(String name) {
        return config(name).layers().stream().map(LayerConfig::slidingWindow).toList();
    }

    @Test
    void ggufFilesOfOneModelAgree() {
        try (Checkpoint f32 = Checkpoint.open(TestingModels.path("gguf-llama/llama-F32.gguf"));
                Checkpoint bf16 =
                        Checkpoint.open(TestingModels.path("gguf-llama/llama-BF16.gguf"));
                Checkpoint folder = Checkpoint.open(TestingModels.path("llama"))) {
            assertThat(f32.config()).isEqualTo(folder.config()).isEqualTo(bf16.config());
            String query = "model.layers.2.self_attn.q_proj.weight";
            assertThat(values(bf16.matrix(query)))
                    .usingComparatorWithPrecision(0.01f)
                    .containsExactly(values(f32.matrix(query)));
        }
    }

    /** llama.cpp's converter: {@code reshape(heads, 2, D / 2, k).swapaxes(1, 2)}. */
    @Test
    void queryRowsOfGgufComeInPlainOrder() {
        int headDim = 16;
        try (Checkpoint gguf = Checkpoint.open(TestingModels.path("gguf-llama/llama-F32.gguf"))) {
            String name = "model.layers.0.self_attn.k_proj.weight";
            WeightSource plain = gguf.matrix(name);
            WeightSource stored = ((HalvesMatrix) plain).stored();
            for (int head = 0; head < plain.n() / headDim; head++) {
                for (int half = 0; half < 2; half++) {
                    for (int i = 0; i < headDim / 2; i++) {
                        int row = head * headDim + half * headDim / 2 + i;
                        int storedRow = head * headDim + 2 * i + half;
                        assertThat(rows(plain, row, 1)).isEqualTo(rows(stored, storedRow, 1));
                    }
                }
            }
            assertThat(HalvesMatrix.reorder(new float[] {0, 2, 1, 3, 4, 6, 5, 7}, 4))
                    .containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
        }
    }

    @Test
    void rowsCanBeReadInAnySlices() {
        try (Checkpoint gguf = Checkpoint.open(TestingModels.path("gguf-llama/llama-Q4_0.gguf"))) {
            String layer = "model.layers.1.self_attn.";
            WeightSource query = gguf.matrix(layer + "q_proj.weight");
            WeightSource key = gguf.matrix(layer + "k_proj.weight");
            WeightSource stacked = WeightSources.stack(List.of(query, key));
            assertThat(stacked.n()).isEqualTo(query.n() + key.n());
            ByteBuffer whole =
                    ByteBuffer.allocate(stacked.n() * (int) stacked.format().rowBytes(stacked.k()));
            query.readRows(0, query.n(), whole);
            key.readRows(0, key.n(), whole);
            for (int slice : new int[] {1, 3, 7, 16, 17, 50}) {
                ByteBuffer sliced = ByteBuffer.allocate(whole.capacity());
                for (int row = 0; row < stacked.n(); row += slice) {
                    stacked.readRows(row, Math.min(slice, stacked.n() - row), sliced);
                }
                assertThat(sliced.array()).as("slices of " + slice).isEqualTo(whole.array());
            }
        }
    }

    @Test
    void fingerprintTellsModelsApart(@TempDir Path folder) throws Exception {
        try (Checkpoint first = Checkpoint.open(TestingModels.path("gguf-llama/llama-Q8_0.gguf"));
                Checkpoint again =
                        Checkpoint.open(TestingModels.path("gguf-llama/llama-Q8_0.gguf"));
                Checkpoint other =
                        Checkpoint.open(TestingModels.path("gguf-llama/llama-Q4_0.gguf"))) {
            assertThat(again.fingerprint()).isEqualTo(first.fingerprint());
            assertThat(other.fingerprint()).isNotEqualTo(first.fingerprint());
        }
        Files.copy(TestingModels.path("gguf-llama/llama-Q8_0.gguf"), folder.resolve("one.gguf"));
        try (Checkpoint only = Checkpoint.open(folder);
                Checkpoint first =
                        Checkpoint.open(TestingModels.path("gguf-llama/llama-Q8_0.gguf"))) {
            assertThat(only.fingerprint()).isEqualTo(first.fingerprint());
        }
    }

    @Test
    void ropeDivisorsOfGgufAreFound() {
        try (Checkpoint gguf =
                Checkpoint.open(TestingModels.path("gguf-llama3-rope/llama3-rope-F16.gguf"))) {
            assertThat(gguf.config().ropes().get(0).scaling())
                    .isInstanceOf(RopeScaling.Divisors.class);
        }
    }

    private static ModelConfig config(String name) {
        return HfCheckpoint.readConfig(TestingModels.path(name), "config.json");
    }

    private static ByteBuffer rows(WeightSource matrix, int first, int count) {
        ByteBuffer bytes =
                ByteBuffer.allocate(count * (int) matrix.format().rowBytes(matrix.k()))
                        .order(ByteOrder.LITTLE_ENDIAN);
        matrix.readRows(first, count, bytes);
        return bytes.flip();
    }

    private static float[] values(WeightSource matrix) {
        assertThat(matrix.format()).isIn(WeightFormat.F32, WeightFormat.F16, WeightFormat.BF16);
        return Floats.read(matrix.format(), rows(matrix, 0, matrix.n()), matrix.n() * matrix.k());
    }
}
