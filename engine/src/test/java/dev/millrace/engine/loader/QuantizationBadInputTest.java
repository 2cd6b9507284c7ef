package dev.millrace.engine.loader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.engine.ErrorCode;
import dev.millrace.engine.InvalidModelException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Settings and tensors of quantised checkpoints that are wrong or not supported, and what is said about them. */
final class QuantizationBadInputTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String GPTQ = "gptqmodel-w4-g32-sym-desc";
    private static final String AWQ = "autoawq-w4-g64";
    private static final String PACKED = "llmcompressor-w4a16-g32-asym";
    private static final String INT8 = "llmcompressor-w8a8";
    private static final String FP8 = "llmcompressor-fp8-kv";
    private static final String BLOCKS = "hf-fp8-block128-ragged";
    private static final String MODEL_OPT = "modelopt-fp8-kv";
    private static final String GROUP = "/config_groups/group_0";

    @TempDir private Path folder;

    static Stream<Arguments> badSettings() {
        return Stream.of(
                bad(GPTQ, "", "quant_method", "'hqq'", QuantizationError.METHOD, "'hqq'"),
                option(GPTQ, "", "bits", "3", "4 or 8"),
                option(GPTQ, "", "checkpoint_format", "'marlin'", "gptq or gptq_v2"),
                option(GPTQ, "", "is_marlin_format", "true", "this option off"),
                option(GPTQ, "", "pack_dtype", "'int16'", "int32"),
                option(GPTQ, "", "group_size", "0", "at least 1"),
                option(GPTQ, "", "adapter", "{'path': 'lora'}", "no such option"),
                option(GPTQ, "", "dynamic", "{'.*': {'bits': 8}}", "no such option"),
                bad(GPTQ, "", "group_size", "64", QuantizationError.CONTRADICTION, "groupSize=32"),
                option(AWQ, "", "version", "'gemv'", "gemm"),
                option(AWQ, "", "zero_point", "false", "expected true"),
                option(AWQ, "", "bits", "8", "got 8; expected 4"),
                option(PACKED, "", "quantization_status", "'initialized'", "compressed"),
                option(PACKED, "", "transform_config", "{'u': {}}", "no such option"),
                option(PACKED, "", "sparsity_config", "{'format': 'marlin-24'}", "dense"),
                option(PACKED, "", "config_groups", "{}", "1 to 64"),
                option(PACKED, GROUP, "format", "'nvfp4-pack-quantized'", "pack-quantized"),
                option(PACKED, GROUP, "output_activations", "{'num_bits': 8}", "option off"),
                option(PACKED, GROUP, "input_activations", "{'num_bits': 8}", "no input_act"),
                option(PACKED, GROUP + "/weights", "num_bits", "3", "4 or 8"),
                option(
                        PACKED,
                        GROUP + "/weights",
                        "strategy",
                        "'tensor_group'",
                        "group or channel"),
                option(PACKED, GROUP + "/weights", "type", "'float'", "expected int"),
                option(PACKED, GROUP + "/weights", "dynamic", "true", "expected false"),
                option(PACKED, GROUP + "/weights", "secret", "7", "no such option"),
                bad(PACKED, GROUP, "targets", "['re:(']", ConfigError.INVALID_VALUE, "expression"),
                bad(PACKED, GROUP, "targets", "[1]", ConfigError.INVALID_VALUE, "module name"),
                option(PACKED, GROUP, "targets", "['re:(.*)*(.*)*(.*)*(.*)*!']", "100000 steps"),
                bad(
                        PACKED,
                        "",
                        "ignore",
                        "['re:.*k_proj']",
                        QuantizationError.CONTRADICTION,
                        "no group"),
                option(INT8, GROUP + "/weights", "symmetric", "false", "expected true"),
                option(INT8, GROUP + "/input_activations", "dynamic", "false", "expected true"),
                option(INT8, GROUP + "/input_activations", "symmetric", "false", "expected true"),
                option(INT8, GROUP + "/input_activations", "strategy", "'tensor'", "token"),
                option(INT8, GROUP + "/input_activations", "type", "'float'", "int"),
                option(FP8, "/kv_cache_scheme", "num_bits", "4", "expected 8"),
                option(FP8, "/kv_cache_scheme", "dynamic", "true", "expected false"),
                option(FP8, "/kv_cache_scheme", "strategy", "'attn_head'", "tensor"),
                option(BLOCKS, "", "weight_block_size", "[64, 64]", "[128, 128]"),
                option(BLOCKS, "", "activation_scheme", "'static'", "dynamic"),
                option(BLOCKS, "", "fmt", "'e5m2'", "e4m3"),
                option(BLOCKS, "", "scale_fmt", "'ue8m0'", "float"),
                option(MODEL_OPT, "", "quant_algo", "'NVFP4'", "FP8"),
                option(MODEL_OPT, "", "quant_algo", "null", "FP8"),
                option(MODEL_OPT, "/kv_cache_scheme", "type", "'int'", "float"));
    }

    @ParameterizedTest(name = "{0} {1} {2} = {3}")
    @MethodSource("badSettings")
    void badSettingIsRefused(
            String model, String at, String key, String value, ErrorCode code, String message)
            throws IOException {
        copy(model);
        Path file = folder.resolve("config.json");
        ObjectNode root = (ObjectNode) JSON.readTree(file.toFile());
        JsonNode parent = root.at("/quantization_config" + at);
        ((ObjectNode) parent).set(key, JSON.readTree(value.replace('\'', '"')));
        Files.write(file, JSON.writeValueAsBytes(root));
        refused(code, message);
    }

    static Stream<Arguments> badTensors() {
        String module = "model.layers.1.self_attn.k_proj.";
        return Stream.of(
                Arguments.of(GPTQ, module + "qzeros", "no such tensor"),
                Arguments.of(GPTQ, module + "scales", "no such tensor"),
                Arguments.of(AWQ, module + "qzeros", "no such tensor"),
                Arguments.of(PACKED, module + "weight_zero_point", "no such tensor"),
                Arguments.of(PACKED, module + "weight_shape", "no such tensor"),
                Arguments.of(FP8, module + "input_scale", "no such tensor"),
                Arguments.of(MODEL_OPT, module + "input_scale", "no such tensor"));
    }

    @ParameterizedTest(name = "{0} without {1}")
    @MethodSource("badTensors")
    void missingTensorIsNamed(String model, String tensor, String message) throws IOException {
        copy(model);
        patchHeader("\"" + tensor + "\"", "\"x" + tensor.substring(1) + "\"");
        refused(QuantizationError.TENSOR, "'" + tensor + "'", message);
    }

    @Test
    void tensorOfAnotherTypeIsRefused() throws IOException {
        copy(INT8);
        patchHeader("\"dtype\":\"I8\"", "\"dtype\":\"U8\"");
        refused(QuantizationError.TENSOR, "U8 of shape", "[I8] of shape");
    }

    @Test
    void tensorOfAnotherShapeIsRefused() throws IOException {
        copy(AWQ);
        patchHeader("\"shape\":[128,16]", "\"shape\":[16,128]");
        refused(QuantizationError.TENSOR, "shape [16, 128]");
    }

    @Test
    void groupBeyondTheLastIsRefused() throws IOException {
        copy(GPTQ);
        patch("model.layers.0.mlp.up_proj.g_idx", 4);
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThatExceptionOfType(InvalidModelException.class)
                    .isThrownBy(() -> checkpoint.source("model.layers.0.mlp.up_proj.weight"))
                    .satisfies(
                            e -> assertThat(e.problem().code()).isEqualTo(QuantizationError.VALUE))
                    .withMessageContaining("group 4; expected 0 to 3");
        }
    }

    @Test
    void scaleThatIsNoNumberIsRefused() throws IOException {
        copy(BLOCKS);
        patch("model.layers.0.mlp.up_proj.weight_scale_inv", 0x7FC00000);
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThatExceptionOfType(InvalidModelException.class)
                    .isThrownBy(() -> checkpoint.source("model.layers.0.mlp.up_proj.weight"))
                    .withMessageContaining("got NaN; expected finite scales");
        }
    }

    /** AutoGPTQ stores a bias of zeros for every matrix. */
    @Test
    void biasThatTheArchitectureHasNotIsRefusedUnlessItIsZero() throws IOException {
        copy("autogptq-w4-g32-asym");
        Files.move(
                folder.resolve("gptq_model-4bit-32g.safetensors"),
                folder.resolve("model.safetensors"));
        patch("model.layers.0.mlp.up_proj.bias", 1);
        refused(QuantizationError.BIAS, "model.layers.0.mlp.up_proj.bias", "no bias, or zeros");
    }

    @ParameterizedTest
    @ValueSource(strings = {GPTQ, MODEL_OPT})
    void olderFilesBesideTheConfigurationAreRead(String model) throws IOException {
        copy(model);
        String before = fingerprint();
        Path file = folder.resolve("config.json");
        ObjectNode root = (ObjectNode) JSON.readTree(file.toFile());
        root.remove("quantization_config");
        Files.write(file, JSON.writeValueAsBytes(root));
        assertThat(fingerprint()).isEqualTo(before);
    }

    private String fingerprint() {
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            return checkpoint.fingerprint();
        }
    }

    /** The same tensors, read by another rule, are another model. */
    @Test
    void fingerprintCoversTheSettings() throws IOException {
        copy(GPTQ);
        Files.delete(folder.resolve("quantize_config.json"));
        String before = fingerprint();
        Path file = folder.resolve("config.json");
        ObjectNode root = (ObjectNode) JSON.readTree(file.toFile());
        ((ObjectNode) root.get("quantization_config")).put("checkpoint_format", "gptq_v2");
        Files.write(file, JSON.writeValueAsBytes(root));
        assertThat(fingerprint()).isNotEqualTo(before);
    }

    private void refused(ErrorCode code, String... messages) {
        assertThatExceptionOfType(InvalidModelException.class)
                .isThrownBy(() -> Checkpoint.open(folder))
                .satisfies(
                        e -> {
                            assertThat(e.problem().code()).isEqualTo(code);
                            assertThat(e.getMessage()).contains(messages);
                        });
    }

    private void copy(String model) throws IOException {
        try (Stream<Path> files = Files.list(TestingModels.path("quantized/" + model))) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                if (!name.equals("dequant.safetensors") && !name.equals("act_unit.safetensors")) {
                    Files.write(folder.resolve(name), Files.readAllBytes(file));
                }
            }
        }
    }

    /** Replaces text in the header by text of the same length. */
    private void patchHeader(String from, String to) throws IOException {
        Path file = folder.resolve("model.safetensors");
        byte[] bytes = Files.readAllBytes(file);
        int length = (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
        String header = new String(bytes, 8, length, StandardCharsets.UTF_8);
        assertThat(header).contains(from);
        byte[] changed = header.replace(from, to).getBytes(StandardCharsets.UTF_8);
        assertThat(changed).hasSize(length);
        System.arraycopy(changed, 0, bytes, 8, length);
        Files.write(file, bytes);
    }

    /** Replaces the first four bytes of a tensor. */
    private void patch(String tensor, int value) throws IOException {
        Path file = folder.resolve("model.safetensors");
        byte[] bytes = Files.readAllBytes(file);
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int length = (int) buffer.getLong(0);
        JsonNode header = JSON.readTree(new String(bytes, 8, length, StandardCharsets.UTF_8));
        int at = header.get(tensor).get("data_offsets").get(0).intValue();
        buffer.putInt(8 + length + at, value);
        Files.write(file, bytes);
    }

    private static Arguments option(
            String model, String at, String key, String value, String message) {
        return bad(model, at, key, value, QuantizationError.OPTION, message);
    }

    private static Arguments bad(
            String model, String at, String key, String value, ErrorCode code, String message) {
        return Arguments.of(model, at, key, value, code, message);
    }
}
