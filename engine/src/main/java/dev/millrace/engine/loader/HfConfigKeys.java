package dev.millrace.engine.loader;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Knows the keys of config.json: those that are read, those that change nothing here, and, by the words in
 * their names, those that may change the arithmetic and are refused unless they say "off".
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
                    "_attn_implementation_autoset",
                    "auto_map",
                    "cache_implementation",
                    "embd_pdrop",
                    "embedding_dropout",
                    "hidden_dropout",
                    "id2label",
                    "initializer_range",
                    "is_llama_config",
                    "keys_to_ignore_at_inference",
                    "label2id",
                    "output_attentions",
                    "output_hidden_states",
                    "pad_token_id",
                    "output_router_logits",
                    "pretraining_tp",
                    "quantization_config",
                    "resid_pdrop",
                    "residual_dropout",
                    "return_dict",
                    "router_aux_loss_coef",
                    "router_jitter_noise",
                    "task_specific_params",
                    "transformers.js_config",
                    "transformers_version",
                    "unsloth_fixed",
                    "unsloth_version",
                    "use_cache");

    /** Factors, which at 1 change nothing; everything else is off when it is null, false, 0 or empty. */
    private static final Set<String> OFF_AT_ONE =
            Set.of(
                    "embedding_multiplier",
                    "logit_scale",
                    "logits_scaling",
                    "partial_rotary_factor",
                    "residual_multiplier");

    /** Words in names of settings that may change the arithmetic, so that they are not passed over when unknown. */
    private static final Pattern ARITHMETIC =
            Pattern.compile(
                    "act|alibi|attn|attention|bias|cap|clip|conv|expert|gate|head|layer|lora|mamba|mlp|moe|mrope|mtp"
                            + "|multiplier|norm|parallel|pattern|position|qk|query|residual|rope|rotary|router|scal|sink"
                            + "|soft|state|swiglu|theta|tie|window");

    private HfConfigKeys() {}

    static void check(ConfigJson config, ModelFamily family) {
        Set<String> unknown = new TreeSet<>();
        config.object().fieldNames().forEachRemaining(key -> check(config, family, key, unknown));
        if (config.has("auto_map") || config.has("trust_remote_code")) {
            LOG.warn("{}: auto_map is ignored; code of a checkpoint never runs", config.where());
        }
        if (!unknown.isEmpty()) {
            LOG.warn("{}: unknown settings are ignored: {}", config.where(), unknown);
        }
    }

    private static void check(
            ConfigJson config, ModelFamily family, String key, Set<String> unknown) {
        JsonNode value = config.object().get(key);
        boolean known =
                USED.contains(key)
                        || family.rules().has(key)
                        || value.asText().equals(family.rules().constants().get(key));
        if (known || HARMLESS.contains(key) || isOff(key, value)) {
            return;
        }
        if (!ARITHMETIC.matcher(key).find()) {
            unknown.add(key);
            return;
        }
        Set<String> allowed = new TreeSet<>(USED);
        allowed.addAll(family.rules().keys());
        throw Problems.refuse(
                ConfigError.UNSUPPORTED_SETTING,
                config.where() + ": " + key,
                value.toString(),
                "this setting off, as "
                        + family.modelType()
                        + " is computed from "
                        + String.join(", ", allowed),
                "Use a model of a supported family: " + ModelFamily.names());
    }

    private static boolean isOff(String key, JsonNode value) {
        return value.isNull()
                || (value.isBoolean() && !value.booleanValue())
                || (value.isNumber() && value.doubleValue() == 0)
                || (value.isNumber() && value.doubleValue() == 1 && OFF_AT_ONE.contains(key))
                || (value.isContainerNode() && value.isEmpty());
    }
}
