package dev.millrace.engine.loader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.engine.ErrorCode;
import dev.millrace.engine.InvalidModelException;
import dev.millrace.engine.TokenIds;
import dev.millrace.engine.model.ModelConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Configurations, folders and indexes that cannot be served, and what is said about them. */
final class ConfigBadInputTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir private Path folder;

    /** Changes to the configuration of {@code llama}, as JSON merged over it. */
    static Stream<Arguments> badSettings() {
        return Stream.of(
                bad("{'model_type': null}", ConfigError.UNSUPPORTED_FAMILY, "llama, mistral"),
                bad("{'model_type': 'mamba'}", ConfigError.UNSUPPORTED_FAMILY, "'mamba'"),
                bad("{'hidden_size': 0}", ConfigError.INVALID_VALUE, "got 0; expected an integer"),
                bad("{'hidden_size': -64}", ConfigError.INVALID_VALUE, "got -64"),
                bad("{'hidden_size': '64'}", ConfigError.INVALID_VALUE, "'64'"),
                bad("{'hidden_size': 64.5}", ConfigError.INVALID_VALUE, "64.5"),
                bad("{'hidden_size': 1000000000}", ConfigError.INVALID_VALUE, "1048576"),
                bad("{'hidden_size': null}", ConfigError.MISSING_KEY, "hidden_size"),
                bad(
                        "{'hidden_size': 66, 'head_dim': null}",
                        ConfigError.CONTRADICTION,
                        "num_attention_heads, 4"),
                bad("{'head_dim': 15}", ConfigError.INVALID_VALUE, "an even number"),
                bad("{'num_key_value_heads': 3}", ConfigError.CONTRADICTION, "divisor of 4"),
                bad(
                        "{'vocab_size': 511, 'eos_token_id': 1}",
                        ConfigError.TENSOR_SHAPE,
                        "'model.embed_tokens.weight'",
                        "[511, 64]"),
                bad("{'num_hidden_layers': 4}", ConfigError.MISSING_TENSOR, "model.layers.3."),
                bad("{'num_hidden_layers': 513}", ConfigError.INVALID_VALUE, "512"),
                bad("{'intermediate_size': 161}", ConfigError.TENSOR_SHAPE, "[160, 64]"),
                bad("{'attention_bias': true}", ConfigError.MISSING_TENSOR, "q_proj.bias"),
                bad("{'rms_norm_eps': 0}", ConfigError.INVALID_VALUE, "rms_norm_eps"),
                bad("{'hidden_act': 'relu'}", ConfigError.UNSUPPORTED_SETTING, "'relu'"),
                bad(
                        "{'rope_parameters': {'rope_type': 'mrope'}}",
                        ConfigError.UNSUPPORTED_ROPE,
                        "'mrope'"),
                bad(
                        "{'rope_parameters': {'rope_type': 'longrope'}}",
                        ConfigError.MISSING_KEY,
                        "original_max_position_embeddings"),
                bad(
                        "{'rope_parameters': {'rope_type': 'linear', 'factor': 0}}",
                        ConfigError.INVALID_VALUE,
                        "factor: got 0"),
                bad(
                        "{'rope_parameters': {'rope_type': 'linear'}}",
                        ConfigError.MISSING_KEY,
                        "factor"),
                bad(
                        "{'rope_parameters': {'rope_type': 'linear', 'type': 'yarn'}}",
                        ConfigError.CONTRADICTION,
                        "rope_type linear and type yarn"),
                bad(
                        "{'rope_parameters': {'full_attention': {}}}",
                        ConfigError.UNSUPPORTED_ROPE,
                        "full_attention"),
                bad(
                        "{'rope_scaling': {'type': 'linear', 'factor': 2}}",
                        ConfigError.CONTRADICTION,
                        "one of the two"),
                bad("{'dtype': 'float13'}", ConfigError.INVALID_VALUE, "'float13'"),
                bad(
                        "{'quantization_config': {'quant_method': 'aqlm'}}",
                        QuantizationError.METHOD,
                        "'aqlm'",
                        "gptq, awq, compressed-tensors, fp8 or modelopt"),
                bad("{'eos_token_id': 512}", ConfigError.INVALID_VALUE, "0 to 511"),
                bad("{'eos_token_id': [508, -1]}", ConfigError.INVALID_VALUE, "got -1"),
                bad("{'num_experts': 8}", ConfigError.UNSUPPORTED_SETTING, "num_experts: got 8"),
                bad("{'no_rope_layers': [1, 0]}", ConfigError.UNSUPPORTED_SETTING, "[1,0]"),
                bad("{'logits_scaling': 2.5}", ConfigError.UNSUPPORTED_SETTING, "2.5"),
                bad(
                        "{'new_attention_trick': 3}",
                        ConfigError.UNSUPPORTED_SETTING,
                        "new_attention_trick: got 3",
                        "llama is computed from attention_bias, "),
                bad("{'use_qk_norm': true}", ConfigError.UNSUPPORTED_SETTING, "use_qk_norm"),
                bad("{'rope_local_base_freq': 1e4}", ConfigError.UNSUPPORTED_SETTING, "10000"),
                bad("{'residual_multiplier': 0.5}", ConfigError.UNSUPPORTED_SETTING, "0.5"),
                bad("{'attn_logit_softcapping': 50.0}", ConfigError.UNSUPPORTED_SETTING, "50"),
                bad("{'partial_rotary_factor': 0.5}", ConfigError.UNSUPPORTED_SETTING, "0.5"));
    }

    /** Changes to the configurations of other families, which have no tensors to go with them. */
    static Stream<Arguments> badSettingsOfFamilies() {
        return Stream.of(
                family(
                        "phi3-longrope",
                        "{'rope_parameters': {'rope_type': 'longrope', 'short_factor': [1, 2]}}",
                        "2 numbers"),
                family("phi3", "{'partial_rotary_factor': 0.35, 'rope_parameters': null}", "0.35"),
                family("smollm3", "{'no_rope_layers': [1, 0]}", "2 entries"),
                family("smollm3", "{'no_rope_layers': [1, 0, 2, 1]}", "got 2"),
                family(
                        "smollm3",
                        "{'use_sliding_window': true, 'sliding_window': 8, 'layer_types': null}",
                        "an entry for each layer"),
                family("gemma2", "{'layer_types': ['full_attention']}", "1 entries"),
                family("gemma2", "{'sliding_window': null}", "sliding_attention without"),
                family("gemma2", "{'attn_logit_softcapping': -1}", "got -1"),
                family("gemma2", "{'hidden_activation': 'gelu'}", "'gelu'"),
                family("gemma2", "{'use_bidirectional_attention': true}", "got true"),
                family("granite", "{'residual_multiplier': 0}", "above 0"),
                family("cohere2", "{'layer_switch': 3}", "layer_switch: got 3"),
                family("starcoder2", "{'norm_type': 'rms_norm'}", "norm_type"),
                family("mixtral", "{'num_local_experts': null}", "num_experts"),
                family("mixtral", "{'num_local_experts': 100000}", "1024"),
                family("mixtral", "{'num_experts_per_tok': 5}", "from 1 to 4"),
                family("qwen3_moe", "{'moe_intermediate_size': null}", "moe_intermediate_size"),
                family("qwen3_moe", "{'decoder_sparse_step': 0}", "got 0"),
                family("gpt_oss", "{'swiglu_limit': 5.0}", "expected 7"),
                family("glm4", "{'num_experts': 4}", "num_experts: got 4"));
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("badSettingsOfFamilies")
    void badSettingOfAFamilyIsRefused(String family, String change, String message)
            throws IOException {
        copy(family);
        writeConfig(change);
        assertThatExceptionOfType(InvalidModelException.class)
                .isThrownBy(() -> Checkpoint.open(folder))
                .withMessageContaining(message);
    }

    private static Arguments family(String name, String change, String message) {
        return Arguments.of(name, change, message);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badSettings")
    void badSettingIsRefused(String change, ErrorCode code, String[] messages) throws IOException {
        copyLlama();
        writeConfig(change);
        refused(folder, code, messages);
    }

    static Stream<Arguments> badTexts() {
        return Stream.of(
                Arguments.of("", "no object"),
                Arguments.of("model_type: llama", "line 1"),
                Arguments.of("[]", "no object"),
                Arguments.of("{\"a\": 1,\n}", "line 2"),
                Arguments.of("{\"a\": 1, \"a\": 2}", "Duplicate field 'a'"),
                Arguments.of("[".repeat(100_000), "nesting"),
                Arguments.of("{} {}", "line 1"));
    }

    @ParameterizedTest
    @MethodSource("badTexts")
    void configurationThatIsNoJsonObjectIsRefused(String text, String message) throws IOException {
        copyLlama();
        Files.writeString(folder.resolve("config.json"), text);
        refused(folder, ConfigError.NOT_JSON, "config.json", message);
    }

    @Test
    void settingsThatChangeNothingAreAccepted() throws IOException {
        copyLlama();
        writeConfig(
                "{'auto_map': {'AutoModel': 'evil.Model'}, 'trust_remote_code': true,"
                        + " 'num_experts': 0, 'logits_scaling': 1.0, 'no_rope_layers': [],"
                        + " 'quantization_config': null, 'something_new': 7}");
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(checkpoint.config())
                    .isEqualTo(HfCheckpoint.readConfig(TestingModels.path("llama"), "config.json"));
        }
    }

    @Test
    void storedOutputMatrixIsIgnoredWhenTied() throws IOException {
        copyLlama();
        writeConfig("{'tie_word_embeddings': true}");
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(checkpoint.config().tieWordEmbeddings()).isTrue();
            assertThat(checkpoint.has("lm_head.weight")).isTrue();
        }
    }

    @Test
    void generationConfigWinsWherePresent() throws IOException {
        copyLlama();
        Path generation = folder.resolve("generation_config.json");
        Files.writeString(generation, "{\"eos_token_id\": [5, 6]}");
        ModelConfig config = HfCheckpoint.readConfig(folder, "config.json");
        assertThat(config.eosTokenIds()).isEqualTo(TokenIds.of(5, 6));
        assertThat(config.bosTokenId()).isEqualTo(507);
        Files.delete(generation);
        assertThat(HfCheckpoint.readConfig(folder, "config.json").eosTokenIds())
                .isEqualTo(TokenIds.of(508));
    }

    static Stream<Arguments> badIndexes() {
        return Stream.of(
                Arguments.of("{}", SafetensorsError.INDEX, "weight_map"),
                Arguments.of("[]", SafetensorsError.INDEX, "no object"),
                index("../../etc/passwd", SafetensorsError.SHARD, "'../../etc/passwd'"),
                index("/etc/x.safetensors", SafetensorsError.SHARD, "same folder"),
                index("model-9.safetensors", SafetensorsError.SHARD, "'model-9.safetensors'"),
                index(
                        "model-00001-of-00002.safetensors",
                        SafetensorsError.INDEX_MISMATCH,
                        "no shard"));
    }

    @ParameterizedTest
    @MethodSource("badIndexes")
    void badIndexIsRefused(String index, SafetensorsError code, String message) throws IOException {
        copyLlama();
        Files.writeString(folder.resolve(SafetensorsShards.INDEX), index);
        refused(folder, code, SafetensorsShards.INDEX, message);
    }

    @Test
    void indexThatDisagreesWithItsShardsIsRefused() throws IOException {
        copyLlama();
        Path file = folder.resolve(SafetensorsShards.INDEX);
        ObjectNode index = (ObjectNode) JSON.readTree(file.toFile());
        ((ObjectNode) index.get("metadata")).put("total_size", 1);
        JSON.writeValue(file.toFile(), index);
        refused(folder, SafetensorsError.INDEX_MISMATCH, "total_size", "expected 1 bytes");
        ((ObjectNode) index.get("metadata")).remove("total_size");
        ((ObjectNode) index.get("weight_map")).remove("lm_head.weight");
        JSON.writeValue(file.toFile(), index);
        refused(folder, SafetensorsError.INDEX_MISMATCH, "weight_map");
    }

    @Test
    void pathsWithoutACheckpointAreRefused() throws IOException {
        refused(folder.resolve("absent"), ConfigError.MODEL_NOT_FOUND, "no such file", "absent");
        refused(folder, ConfigError.NO_CHECKPOINT, "an empty folder");
        Files.writeString(folder.resolve("pytorch_model.bin"), "");
        refused(folder, ConfigError.PICKLE_ONLY, "Convert the model to safetensors");
        refused(folder.resolve("pytorch_model.bin"), ConfigError.NO_CHECKPOINT, "no .gguf");
        Files.writeString(folder.resolve("a.gguf"), "");
        Files.writeString(folder.resolve("b.gguf"), "");
        refused(folder, ConfigError.AMBIGUOUS, "2 .gguf files");
        Files.writeString(folder.resolve("model.safetensors"), "");
        refused(folder, ConfigError.NO_CHECKPOINT, "no config.json");
    }

    private static void refused(Path path, ErrorCode code, String... messages) {
        assertThatExceptionOfType(InvalidModelException.class)
                .isThrownBy(() -> Checkpoint.open(path))
                .satisfies(e -> assertThat(e.problem().code()).isEqualTo(code))
                .satisfies(e -> assertThat(e.getMessage()).contains(messages));
    }

    private void copyLlama() throws IOException {
        copy("llama");
    }

    private void copy(String model) throws IOException {
        try (Stream<Path> files = Files.list(TestingModels.path(model))) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(file.getFileName().toString()));
            }
        }
    }

    private void writeConfig(String change) throws IOException {
        Path file = folder.resolve("config.json");
        ObjectNode config = (ObjectNode) JSON.readTree(file.toFile());
        config.setAll((ObjectNode) JSON.readTree(change.replace('\'', '"')));
        JSON.writeValue(file.toFile(), config);
        if (change.contains("eos_token_id")) {
            Files.delete(folder.resolve("generation_config.json"));
            config.remove("bos_token_id");
            JSON.writeValue(file.toFile(), config);
        }
    }

    private static Arguments bad(String change, ErrorCode code, String... messages) {
        return Arguments.of(change, code, messages);
    }

    private static Arguments index(String shard, SafetensorsError code, String message) {
        return Arguments.of("{\"weight_map\": {\"nothing\": \"" + shard + "\"}}", code, message);
    }
}
