package dev.millrace.engine.loader;

import static dev.millrace.engine.loader.TestingGguf.int32;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.millrace.engine.InvalidModelException;
import dev.millrace.engine.model.LayerConfig;
import dev.millrace.engine.model.ModelConfig;
import dev.millrace.engine.model.RopeScaling;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What GGUF metadata says of windows, partial rotation and long factors. */
final class GgufFamiliesTest {
    @TempDir private Path folder;

    /** Two layers, two heads of 4 of which half turns, all matrices fused. */
    private static TestingGguf phi3() {
        TestingGguf gguf = new TestingGguf();
        gguf.put("general.architecture", TestingGguf.STRING, TestingGguf.text("phi3"));
        gguf.uint32("phi3.embedding_length", 8);
        gguf.uint32("phi3.block_count", 2);
        gguf.uint32("phi3.context_length", 128);
        gguf.uint32("phi3.feed_forward_length", 6);
        gguf.uint32("phi3.attention.head_count", 2);
        gguf.uint32("phi3.attention.head_count_kv", 1);
        gguf.uint32("phi3.attention.sliding_window", 20);
        gguf.uint32("phi3.rope.dimension_count", 2);
        gguf.uint32("phi3.rope.scaling.original_context_length", 32);
        gguf.put("phi3.rope.scaling.attn_factor", TestingGguf.FLOAT32, float32(1.25f));
        gguf.put("phi3.attention.layer_norm_rms_epsilon", TestingGguf.FLOAT32, float32(1e-5f));
        gguf.tensor("token_embd.weight", 0, 8, 3);
        gguf.tensor("output.weight", 0, 8, 3);
        gguf.tensor("output_norm.weight", 0, 8);
        for (int layer = 0; layer < 2; layer++) {
            String blk = "blk." + layer + ".";
            gguf.tensor(blk + "attn_norm.weight", 0, 8);
            gguf.tensor(blk + "attn_qkv.weight", 0, 8, 16);
            gguf.tensor(blk + "attn_output.weight", 0, 8, 8);
            gguf.tensor(blk + "ffn_norm.weight", 0, 8);
            gguf.tensor(blk + "ffn_up.weight", 0, 8, 12);
            gguf.tensor(blk + "ffn_down.weight", 0, 6, 8);
        }
        return gguf;
    }

    private static byte[] float32(float value) {
        return int32(Float.floatToIntBits(value));
    }

    private Path write(TestingGguf gguf) throws IOException {
        return Files.write(folder.resolve("model.gguf"), gguf.bytes());
    }

    @Test
    void longFactorsAndFusedMatricesOfPhi3() throws IOException {
        TestingGguf gguf =
                phi3().tensorOf("rope_factors_short.weight", 1.5f)
                        .tensorOf("rope_factors_long.weight", 4f);
        try (Checkpoint checkpoint = Checkpoint.open(write(gguf))) {
            ModelConfig config = checkpoint.config();
            assertThat(config.ropes().get(0).rotaryDim()).isEqualTo(2);
            assertThat(config.ropes().get(0).scaling())
                    .isEqualTo(new RopeScaling.LongRope(List.of(1.5f), List.of(4f), 32, 1.25));
            assertThat(config.shortRopePositions()).isEqualTo(32);
            assertThat(config.commonWindow()).isEqualTo(20);
            assertThat(checkpoint.matrix("model.layers.1.self_attn.qkv_proj.weight").n())
                    .isEqualTo(16);
            assertThat(checkpoint.matrix("model.layers.1.mlp.gate_up_proj.weight").n())
                    .isEqualTo(12);
        }
    }

    @Test
    void oneListOfFactorsIsNotEnough() throws IOException {
        Path file = write(phi3().tensorOf("rope_factors_long.weight", 4f));
        assertThatExceptionOfType(InvalidModelException.class)
                .isThrownBy(() -> Checkpoint.open(file))
                .satisfies(
                        e -> assertThat(e.problem().code()).isEqualTo(ConfigError.MISSING_TENSOR))
                .withMessageContaining("rope_factors_short.weight");
    }

    @Test
    void aWindowOfLlamaIsInEveryLayer() throws IOException {
        Path file = write(TestingGguf.llama().uint32("llama.attention.sliding_window", 9));
        try (Checkpoint checkpoint = Checkpoint.open(file)) {
            assertThat(checkpoint.config().commonWindow()).isEqualTo(9);
        }
    }

    @Test
    void gemma3HasAWindowInFiveOfSixLayersAndAnotherRotationThere() {
        try (Checkpoint checkpoint =
                Checkpoint.open(TestingModels.path("gguf-gemma3/gemma3-F16.gguf"))) {
            ModelConfig config = checkpoint.config();
            assertThat(config.layers().stream().map(LayerConfig::slidingWindow))
                    .containsExactly(16, 16, 16, 16, 16, 0, 16);
            assertThat(config.layers().stream().map(LayerConfig::rope))
                    .containsExactly(1, 1, 1, 1, 1, 0, 1);
            assertThat(config.commonWindow()).isZero();
            assertThat(config.ropes().get(0).theta()).isEqualTo(1e6);
            assertThat(config.ropes().get(1).theta()).isEqualTo(1e4);
        }
    }
}
