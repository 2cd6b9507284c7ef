package dev.millrace.engine.loader;

import static dev.millrace.engine.model.LayerNames.LLAMA_NAMES;

import dev.millrace.engine.loader.FamilyRules.Bias;
import dev.millrace.engine.loader.FamilyRules.Experts;
import dev.millrace.engine.loader.FamilyRules.Rotation;
import dev.millrace.engine.loader.FamilyRules.Windows;
import dev.millrace.engine.model.AttentionConfig.QkNorm;
import dev.millrace.engine.model.ExpertNames;
import dev.millrace.engine.model.LayerNames;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** What the families compute. Source: their configuration and model classes in Hugging Face transformers. */
final class Families {
    private static final LayerNames GEMMA_NAMES =
            LLAMA_NAMES.withNorms(
                    "input_layernorm",
                    "post_attention_layernorm",
                    "pre_feedforward_layernorm",
                    "post_feedforward_layernorm");
    private static final List<String> ONE_GATE_UP = List.of("mlp.gate_up_proj");
    private static final String DOWN = "mlp.down_proj";

    private static final Map<ModelFamily, FamilyRules> RULES = new EnumMap<>(ModelFamily.class);

    static {
        for (ModelFamily family : ModelFamily.values()) {
            RULES.put(family, make(family));
        }
    }

    private Families() {}

    static FamilyRules rules(ModelFamily family) {
        return RULES.get(family);
    }

    private static FamilyRules make(ModelFamily family) {
        return switch (family) {
            case LLAMA -> new FamilyRules().keys("mlp_bias");
            case MISTRAL ->
                    new FamilyRules()
                            .maxPositions(131_072)
                            .bias(Bias.NONE)
                            .windows(Windows.EVERY_LAYER, 4096);
            case MIXTRAL -> mixtral();
            case QWEN2 -> qwen().bias(Bias.ALWAYS_ATTENTION_INPUT);
            case QWEN3 -> qwen().headDim(128).qkNorm(QkNorm.HEAD);
            case QWEN3_MOE -> qwen3Moe();
            case SMOLLM3 ->
                    new FamilyRules()
                            .maxPositions(32_768)
                            .theta(2e6)
                            .tied()
                            .windows(Windows.SWITCHED, 0)
                            .rotation(Rotation.LISTED)
                            .keys("mlp_bias", "no_rope_layers", "no_rope_layer_interval");
            case PHI3 -> phi3();
            case GEMMA2 -> new FamilyRules().gemma().windowPattern(2, 4096).names(GEMMA_NAMES);
            case GEMMA3 ->
                    new FamilyRules()
                            .gemma()
                            .maxPositions(131_072)
                            .qkNorm(QkNorm.HEAD)
                            .windowPattern(6, 4096)
                            .theta(1e6)
                            .rotation(Rotation.TWO_KINDS)
                            .keys("rope_local_base_freq")
                            .names(GEMMA_NAMES);
            case GRANITE ->
                    new FamilyRules()
                            .keys(
                                    "mlp_bias",
                                    "attention_multiplier",
                                    "embedding_multiplier",
                                    "logits_scaling",
                                    "residual_multiplier");
            case OLMO2 ->
                    new FamilyRules()
                            .epsilon(1e-5)
                            .qkNorm(QkNorm.FULL)
                            .names(
                                    LLAMA_NAMES.withNorms(
                                            null,
                                            "post_attention_layernorm",
                                            null,
                                            "post_feedforward_layernorm"));
            case COHERE2 -> cohere2();
            case GLM4 -> glm4();
            case STARCODER2 -> starcoder2();
            case GPT_OSS -> gptOss();
        };
    }

    private static FamilyRules qwen() {
        return new FamilyRules().maxPositions(32_768).windows(Windows.SWITCHED, 0);
    }

    private static FamilyRules qwen3Moe() {
        ExpertNames experts =
                new ExpertNames.Separate(
                        "mlp.gate", "mlp.experts.", "gate_proj", "up_proj", "down_proj");
        return qwen().qkNorm(QkNorm.HEAD)
                .experts(Experts.SOME_LAYERS)
                .keys(
                        "decoder_sparse_step",
                        "mlp_only_layers",
                        "moe_intermediate_size",
                        "norm_topk_prob")
                .names(LLAMA_NAMES.withExperts(experts));
    }

    private static FamilyRules mixtral() {
        ExpertNames experts =
                new ExpertNames.Separate(
                        "block_sparse_moe.gate", "block_sparse_moe.experts.", "w1", "w3", "w2");
        return new FamilyRules()
                .maxPositions(131_072)
                .epsilon(1e-5)
                .theta(1e6)
                .bias(Bias.NONE)
                .windows(Windows.EVERY_LAYER, 0)
                .experts(Experts.EVERY_LAYER)
                .names(LLAMA_NAMES.withExperts(experts));
    }

    private static FamilyRules phi3() {
        return new FamilyRules()
                .maxPositions(4096)
                .epsilon(1e-5)
                .bias(Bias.NONE)
                .windows(Windows.EVERY_LAYER, 0)
                .partialRotary(1)
                .keys("original_max_position_embeddings")
                .only("full_attn_mod", "1")
                .names(LLAMA_NAMES.withQkv("self_attn.qkv_proj").withMlp(ONE_GATE_UP, DOWN));
    }

    private static FamilyRules cohere2() {
        return new FamilyRules()
                .maxPositions(8192)
                .layerNorm("layer_norm_eps", false)
                .tied()
                .parallelBlock()
                .windowPattern(4, 4096)
                .interleaved()
                .rotation(Rotation.WINDOWED)
                .keys("logit_scale")
                .only("layer_switch", "4")
                .only("order_of_interleaved_layers", "local_attn_first")
                .only("position_embedding_type", "rope_gptj")
                .only("rotary_pct", "1.0")
                .only("use_embedding_sharing", "true")
                .only("use_gated_activation", "true")
                .only("use_parallel_block", "true")
                .only("use_parallel_embedding", "true")
                .names(LLAMA_NAMES.withNorms("input_layernorm", null, null, null));
    }

    private static FamilyRules glm4() {
        return new FamilyRules()
                .maxPositions(131_072)
                .epsilon(1.5625e-7)
                .headDim(128)
                .bias(Bias.ATTENTION_INPUT)
                .partialRotary(0.5)
                .interleaved()
                .names(
                        LLAMA_NAMES
                                .withNorms(
                                        "input_layernorm",
                                        "post_self_attn_layernorm",
                                        "post_attention_layernorm",
                                        "post_mlp_layernorm")
                                .withMlp(ONE_GATE_UP, DOWN));
    }

    private static FamilyRules starcoder2() {
        return new FamilyRules()
                .maxPositions(4096)
                .layerNorm("norm_epsilon", true)
                .tied()
                .bias(Bias.EVERYTHING)
                .plainMlp()
                .activation("gelu_pytorch_tanh")
                .windows(Windows.EVERY_LAYER, 0)
                .only("activation_function", "gelu")
                .only("attention_softmax_in_fp32", "true")
                .only("mlp_type", "default")
                .only("norm_type", "layer_norm")
                .only("scale_attention_softmax_in_fp32", "true")
                .only("scale_attn_weights", "true")
                .names(LLAMA_NAMES.withMlp(List.of("mlp.c_fc"), "mlp.c_proj"));
    }

    private static FamilyRules gptOss() {
        ExpertNames experts =
                new ExpertNames.Stacked(
                        "mlp.router", "mlp.experts.gate_up_proj", "mlp.experts.down_proj");
        return new FamilyRules()
                .maxPositions(131_072)
                .epsilon(1e-5)
                .theta(150_000)
                .headDim(64)
                .sinks()
                .windowPattern(2, 128)
                .experts(Experts.CLAMPED)
                .keys("experts_per_token", "swiglu_alpha", "swiglu_limit")
                .names(LLAMA_NAMES.withExperts(experts));
    }
}
