package dev.millrace.engine.loader;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Translates llama.cpp's tensor names to Hugging Face's. Source: gguf-py {@code tensor_mapping.py}. */
final class GgufNames {
    private static final Pattern LAYER =
            Pattern.compile("blk\\.(\\d{1,4})\\.(\\w+)\\.(weight|bias)");

    private static final Map<String, String> GLOBAL =
            Map.of(
                    "token_embd.weight", "model.embed_tokens.weight",
                    "output_norm.weight", "model.norm.weight",
                    "output.weight", "lm_head.weight");

    private static final Map<String, String> IN_LAYER =
            Map.ofEntries(
                    Map.entry("attn_norm", "input_layernorm"),
                    Map.entry("attn_q", "self_attn.q_proj"),
                    Map.entry("attn_k", "self_attn.k_proj"),
                    Map.entry("attn_v", "self_attn.v_proj"),
                    Map.entry("attn_output", "self_attn.o_proj"),
                    Map.entry("attn_q_norm", "self_attn.q_norm"),
                    Map.entry("attn_k_norm", "self_attn.k_norm"),
                    Map.entry("ffn_norm", "post_attention_layernorm"),
                    Map.entry("ffn_gate", "mlp.gate_proj"),
                    Map.entry("ffn_up", "mlp.up_proj"),
                    Map.entry("ffn_down", "mlp.down_proj"));

    private GgufNames() {}

    /** {@code tensors} under Hugging Face names; unknown ones keep theirs. */
    static Map<String, StoredTensor> translate(Map<String, StoredTensor> tensors) {
        Map<String, StoredTensor> translated = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> translated.put(translate(name), tensor));
        return translated;
    }

    static String translate(String name) {
        Matcher layer = LAYER.matcher(name);
        if (layer.matches() && IN_LAYER.containsKey(layer.group(2))) {
            return "model.layers."
                    + layer.group(1)
                    + "."
                    + IN_LAYER.get(layer.group(2))
                    + "."
                    + layer.group(3);
        }
        return GLOBAL.getOrDefault(name, name);
    }
}
