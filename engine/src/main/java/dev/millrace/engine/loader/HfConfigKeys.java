package dev.millrace.engine.loader;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Knows the keys of config.json: those that are read, those that change nothing here, and those that change the
 * arithmetic of other families and are refused unless they say "off".
 */
final class HfConfigKeys {
    private static final Logger LOG = LoggerFactory.getLogger(HfConfigKeys.class);

    private static final Set<String> USED =
            Set.of(
                    "attention_bias",
                    "bos_token_id",
                    "dtype",
                    "eos_token_id",
                    "head_dim",
                    "hidden_act",
                    "hidden_size",
                    "intermediate_size",
                    "layer_types",
                    "max_position_embeddings",
                    "max_window_layers",
                    "mlp_bias",
                    "model_type",
                    "num_attention_heads",
                    "num_hidden_layers",
                    "num_key_value_heads",
                    "rms_norm_eps",
                    "rope_parameters",
                    "rope_scaling",
                    "rope_theta",
                    "sliding_window",
                    "tie_word_embeddings",
                    "torch_dtype",
                    "use_sliding_window",
                    "vocab_size");

    private static final Set<String> HARMLESS =
            Set.of(
                    "_name_or_path",
                    "architectures",
                    "attention_dropout",
                    "compression_config",
                    "attn_implementation",
                    "_attn_implementation",
                    "hidden_dropout",
                    "id2label",
                    "initializer_range",
                    "is_llama_config",
                    "keys_to_ignore_at_inference",
                    "label2id",
                    "output_attentions",
                    "output_hidden_states",
                    "pad_token_id",
                    "pretraining_tp",
                    "quantization_config",
                    "return_dict",
                    "task_specific_params",
                    "transformers.js_config",
                    "transformers_version",
                    "unsloth_fixed",
                    "unsloth_version",
                    "use_cache");

    /** Key to the number that means "off"; JSON null, false, and empty lists and objects always do. */
    private static final Map<String, Double> REFUSED_UNLESS_OFF =
            Map.ofEntries(
                    Map.entry("alibi", 0.0),
                    Map.entry("attention_chunk_size", 0.0),
                    Map.entry("attention_multiplier", 0.0),
                    Map.entry("attn_logit_softcapping", 0.0),
                    Map.entry("clip_qkv", 0.0),
                    Map.entry("embedding_multiplier", 1.0),
                    Map.entry("final_logit_softcapping", 0.0),
                    Map.entry("is_encoder_decoder", 0.0),
                    Map.entry("kv_lora_rank", 0.0),
                    Map.entry("logit_scale", 1.0),
                    Map.entry("logits_scaling", 1.0),
                    Map.entry("moe_intermediate_size", 0.0),
                    Map.entry("n_routed_experts", 0.0),
                    Map.entry("no_rope_layer_interval", 0.0),
                    Map.entry("no_rope_layers", 0.0),
                    Map.entry("num_experts", 0.0),
                    Map.entry("num_experts_per_tok", 0.0),
                    Map.entry("num_local_experts", 0.0),
                    Map.entry("parallel_attn", 0.0),
                    Map.entry("partial_rotary_factor", 1.0),
                    Map.entry("qk_layernorm", 0.0),
                    Map.entry("query_pre_attn_scalar", 0.0),
                    Map.entry("residual_multiplier", 1.0),
                    Map.entry("rope_interleaved", 0.0),
                    Map.entry("rope_local_base_freq", 0.0),
                    Map.entry("sliding_window_pattern", 0.0),
                    Map.entry("use_bidirectional_attention", 0.0),
                    Map.entry("use_mrope", 0.0),
                    Map.entry("use_parallel_residual", 0.0),
                    Map.entry("use_qk_norm", 0.0));

    private HfConfigKeys() {}

    static void check(ConfigJson config) {
        Set<String> unknown = new TreeSet<>();
        config.object().fieldNames().forEachRemaining(key -> check(config, key, unknown));
        if (config.has("auto_map") || config.has("trust_remote_code")) {
            LOG.warn("{}: auto_map is ignored; code of a checkpoint never runs", config.where());
        }
        if (!unknown.isEmpty()) {
            LOG.warn("{}: unknown settings are ignored: {}", config.where(), unknown);
        }
    }

    private static void check(ConfigJson config, String key, Set<String> unknown) {
        if (USED.contains(key) || HARMLESS.contains(key) || !config.has(key)) {
            return;
        }
        Double off = REFUSED_UNLESS_OFF.get(key);
        JsonNode value = config.object().get(key);
        if (off == null) {
            unknown.add(key);
        } else if (!isOff(value, off)) {
            throw Problems.refuse(
                    ConfigError.UNSUPPORTED_SETTING,
                    config.where() + ": " + key,
                    value.toString(),
                    "this setting off, for the families " + ModelFamily.names(),
                    "Use a model of a supported family");
        }
    }

    private static boolean isOff(JsonNode value, double off) {
        return (value.isBoolean() && !value.booleanValue())
                || (value.isNumber() && value.doubleValue() == off)
                || (value.isContainerNode() && value.isEmpty());
    }
}
