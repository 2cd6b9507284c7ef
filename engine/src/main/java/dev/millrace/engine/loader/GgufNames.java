package dev.millrace.engine.loader;

import dev.millrace.engine.model.LayerNames;
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
                    Map.entry("attn_q", "self_attn.q_proj"),
                    Map.entry("attn_k", "self_attn.k_proj"),
                    Map.entry("attn_v", "self_attn.v_proj"),
                    Map.entry("attn_qkv", "self_attn.qkv_proj"),
                    Map.entry("attn_output", "self_attn.o_proj"),
                    Map.entry("attn_q_norm", "self_attn.q_norm"),
                    Map.entry("attn_k_norm", "self_attn.k_norm"),
                    Map.entry("ffn_gate", "mlp.gate_proj"),
                    Map.entry("ffn_down", "mlp.down_proj"));

    private GgufNames() {}

    /** {@code tensors} under the names that the family has in Hugging Face's form; unknown ones keep theirs. */
    static Map<String, StoredTensor> translate(
            Map<String, StoredTensor> tensors, FamilyRules rules) {
        Map<String, StoredTensor> translated = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> translated.put(translate(name, rules), tensor));
        return translated;
    }

    static String translate(String name, FamilyRules rules) {
        Matcher layer = LAYER.matcher(name);
        String module = layer.matches() ? module(layer.group(2), rules.names) : null;
        return module == null
                ? GLOBAL.getOrDefault(name, name)
                : "model.layers." + layer.group(1) + "." + module + "." + layer.group(3);
    }

    /** Null if there is none. */
    private static String module(String name, LayerNames names) {
        return switch (name) {
            case "attn_norm" -> names.attentionNorm();
            case "post_attention_norm" -> names.attentionPostNorm();
            case "ffn_norm" -> names.mlpNorm();
            case "post_ffw_norm" -> names.mlpPostNorm();
            // Gate and up in one tensor have the name of up.
            case "ffn_up" -> names.gateUp().get(names.gateUp().size() - 1);
            default -> IN_LAYER.get(name);
        };
    }
}
