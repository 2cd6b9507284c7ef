package dev.millrace.engine.model;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A Llama checkpoint of one wide layer whose tensors are zeros, which take no room on the disk. */
final class SparseCheckpoint {
    private static final int HIDDEN = 2048;
    private static final int MLP = 8192;
    private static final int VOCABULARY = 64;

    /** How matrices are stored; groups of 32 inputs. */
    enum Format {
        F16,
        GPTQ_ACT_ORDER,
        AWQ
    }

    private final Format format;
    private final Map<String, Map<String, Object>> tensors = new LinkedHashMap<>();
    private long end;

    private SparseCheckpoint(Format format) {
        this.format = format;
    }

    /** Writes it; returns the bytes of the largest matrix that is packed at once: gate and up. */
    static long write(Path folder, Format format) throws IOException {
        return new SparseCheckpoint(format).write(folder);
    }

    private long write(Path folder) throws IOException {
        add("model.embed_tokens.weight", "F16", VOCABULARY, HIDDEN);
        String layer = "model.layers.0.";
        for (String name : List.of("q_proj", "k_proj", "v_proj", "o_proj")) {
            matrix(layer + "self_attn." + name, HIDDEN, HIDDEN);
        }
        long before = end;
        matrix(layer + "mlp.gate_proj", MLP, HIDDEN);
        matrix(layer + "mlp.up_proj", MLP, HIDDEN);
        long largest = end - before;
        matrix(layer + "mlp.down_proj", HIDDEN, MLP);
        add(layer + "input_layernorm.weight", "F16", HIDDEN);
        add(layer + "post_attention_layernorm.weight", "F16", HIDDEN);
        add("model.norm.weight", "F16", HIDDEN);
        add("lm_head.weight", "F16", VOCABULARY, HIDDEN);
        Files.writeString(folder.resolve("config.json"), json(config()));
        writeTensors(folder.resolve("model.safetensors"));
        return largest;
    }

    private void matrix(String name, int n, int k) {
        switch (format) {
            case F16 -> add(name + ".weight", "F16", n, k);
            case GPTQ_ACT_ORDER -> add(name + ".qweight", "I32", k / 8, n);
            case AWQ -> add(name + ".qweight", "I32", k, n / 8);
        }
        if (format != Format.F16) {
            add(name + ".qzeros", "I32", k / 32, n / 8);
            add(name + ".scales", "F16", k / 32, n);
        }
        if (format == Format.GPTQ_ACT_ORDER) {
            add(name + ".g_idx", "I32", k);
        }
    }

    private void add(String name, String dtype, int... shape) {
        long bytes = dtype.equals("F16") ? 2 : 4;
        for (int length : shape) {
            bytes *= length;
        }
        tensors.put(
                name,
                Map.of(
                        "dtype",
                        dtype,
                        "shape",
                        shape,
                        "data_offsets",
                        new long[] {end, end + bytes}));
        end += bytes;
    }

    private void writeTensors(Path path) throws IOException {
        byte[] header = json(tensors).getBytes(StandardCharsets.UTF_8);
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.write(words(header.length, 0).array());
            file.write(header);
            file.setLength(Long.BYTES + header.length + end);
            for (Map.Entry<String, Map<String, Object>> tensor : tensors.entrySet()) {
                if (tensor.getKey().endsWith(".g_idx")) {
                    long at = ((long[]) tensor.getValue().get("data_offsets"))[0];
                    file.seek(Long.BYTES + header.length + at);
                    file.write(groups(((int[]) tensor.getValue().get("shape"))[0]));
                }
            }
        }
    }

    /** Input i belongs to group i mod (k / 32). */
    private static byte[] groups(int k) {
        ByteBuffer groups = ByteBuffer.allocate(4 * k).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < k; i++) {
            groups.putInt(i % (k / 32));
        }
        return groups.array();
    }

    private static ByteBuffer words(int low, int high) {
        return ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(low)
                .putInt(high);
    }

    private Map<String, Object> config() {
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("model_type", "llama");
        config.put("architectures", List.of("LlamaForCausalLM"));
        config.put("hidden_size", HIDDEN);
        config.put("intermediate_size", MLP);
        config.put("num_attention_heads", 16);
        config.put("num_key_value_heads", 16);
        config.put("num_hidden_layers", 1);
        config.put("vocab_size", VOCABULARY);
        config.put("max_position_embeddings", 512);
        config.put("rms_norm_eps", 1e-5);
        config.put("rope_theta", 10000.0);
        config.put("hidden_act", "silu");
        config.put("tie_word_embeddings", false);
        config.put("torch_dtype", "float16");
        config.put("bos_token_id", 1);
        config.put("eos_token_id", 0);
        if (format != Format.F16) {
            config.put("quantization_config", quantization());
        }
        return config;
    }

    private Map<String, Object> quantization() {
        return format == Format.AWQ
                ? Map.of(
                        "quant_method",
                        "awq",
                        "bits",
                        4,
                        "group_size",
                        32,
                        "version",
                        "gemm",
                        "zero_point",
                        true)
                : Map.of(
                        "quant_method",
                        "gptq",
                        "bits",
                        4,
                        "group_size",
                        32,
                        "desc_act",
                        true,
                        "sym",
                        false);
    }

    private static String json(Object value) throws IOException {
        return new JsonMapper().writeValueAsString(value);
    }
}
