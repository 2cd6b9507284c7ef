package dev.millrace.engine.loader;

import dev.millrace.engine.model.AttentionConfig.QkNorm;
import dev.millrace.engine.model.LayerNames;
import dev.millrace.engine.model.NormConfig;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a model family computes and what its configuration class assumes when a setting is absent. What is not said is as in
 * Llama.
 *
 * <p>Thread-safety: filled while {@link Families} is made, then constant.
 */
final class FamilyRules {
    int maxPositions = 2048;
    LayerNames names = LayerNames.LLAMA_NAMES;
    boolean parallelBlock;
    NormConfig.Kind norm = NormConfig.Kind.RMS;
    String epsilonKey = "rms_norm_eps";
    double epsilon = 1e-6;
    boolean unitOffset;
    boolean normBias;
    boolean tied;
    int headDim;
    String activationKey = "hidden_act";
    String activation = "silu";
    Bias bias = Bias.ATTENTION;
    QkNorm qkNorm = QkNorm.NONE;
    Windows windows = Windows.NONE;
    int window;
    int windowPattern;
    double theta = 10_000;
    double partialRotary = 1;
    boolean interleaved;
    Rotation rotation = Rotation.EVERY_LAYER;
    Experts experts = Experts.NONE;
    boolean sinks;
    boolean plainMlp;
    private final Set<String> keys = new LinkedHashSet<>();
    private final Map<String, String> constants = new LinkedHashMap<>();

    /** Which setting says what has a bias. */
    enum Bias {
        /** Nothing has one. */
        NONE,
        /** {@code attention_bias} for all four projections of attention. */
        ATTENTION,
        /** {@code attention_bias} for queries, keys and values. */
        ATTENTION_INPUT,
        /** Queries, keys and values always have one. */
        ALWAYS_ATTENTION_INPUT,
        /** {@code use_bias} for everything. */
        EVERYTHING
    }

    /** Which layers have a sliding window. */
    enum Windows {
        NONE,
        /** {@code sliding_window} in every layer. */
        EVERY_LAYER,
        /** Those that {@code layer_types} or {@code max_window_layers} name, if {@code use_sliding_window} is true. */
        SWITCHED,
        /** Those that {@code layer_types} name, or all but each {@code sliding_window_pattern}-th. */
        PATTERN
    }

    /** Which layers turn queries and keys. */
    enum Rotation {
        EVERY_LAYER,
        /** Those whose entry in {@code no_rope_layers} is 1, or all but each {@code no_rope_layer_interval}-th. */
        LISTED,
        /** Those with a sliding window. */
        WINDOWED,
        /** All; those with a sliding window by another rotation than the others. */
        TWO_KINDS
    }

    /** What stands in the place of the MLP. */
    enum Experts {
        NONE,
        /** Experts in every layer, of {@code intermediate_size}; their weights add up to 1. */
        EVERY_LAYER,
        /** Experts of {@code moe_intermediate_size} in some layers, {@code norm_topk_prob}. */
        SOME_LAYERS,
        /** As EVERY_LAYER, with biases and a clamped gate. */
        CLAMPED
    }

    FamilyRules maxPositions(int value) {
        maxPositions = value;
        return this;
    }

    FamilyRules names(LayerNames value) {
        names = value;
        return this;
    }

    FamilyRules parallelBlock() {
        parallelBlock = true;
        return this;
    }

    FamilyRules epsilon(double value) {
        epsilon = value;
        return this;
    }

    FamilyRules layerNorm(String key, boolean bias) {
        norm = NormConfig.Kind.LAYER;
        epsilonKey = key;
        epsilon = 1e-5;
        normBias = bias;
        return keys(key);
    }

    /** Gemma's: norms of {@code 1 + w}, embeddings of √E, GELU, scores by {@code query_pre_attn_scalar}. */
    FamilyRules gemma() {
        unitOffset = true;
        tied = true;
        headDim = 256;
        maxPositions = 8192;
        activationKey = "hidden_activation";
        activation = "gelu_pytorch_tanh";
        return keys(
                "hidden_activation",
                "query_pre_attn_scalar",
                "attn_logit_softcapping",
                "final_logit_softcapping");
    }

    FamilyRules tied() {
        tied = true;
        return this;
    }

    FamilyRules headDim(int value) {
        headDim = value;
        return this;
    }

    FamilyRules bias(Bias value) {
        bias = value;
        return value == Bias.EVERYTHING ? keys("use_bias") : this;
    }

    /** The MLP has no gate. */
    FamilyRules plainMlp() {
        plainMlp = true;
        return this;
    }

    FamilyRules activation(String value) {
        activation = value;
        return this;
    }

    FamilyRules qkNorm(QkNorm value) {
        qkNorm = value;
        return this;
    }

    /** {@code window} is assumed where the key is absent, 0 for none. */
    FamilyRules windows(Windows value, int assumed) {
        windows = value;
        window = assumed;
        return keys("sliding_window");
    }

    /** All layers but each {@code pattern}-th have a window, where {@code layer_types} does not say otherwise. */
    FamilyRules windowPattern(int pattern, int assumed) {
        windowPattern = pattern;
        return windows(Windows.PATTERN, assumed)
                .keys("sliding_window_pattern", "_sliding_window_pattern");
    }

    FamilyRules theta(double value) {
        theta = value;
        return this;
    }

    FamilyRules partialRotary(double value) {
        partialRotary = value;
        return keys("partial_rotary_factor");
    }

    FamilyRules interleaved() {
        interleaved = true;
        return this;
    }

    FamilyRules rotation(Rotation value) {
        rotation = value;
        return this;
    }

    FamilyRules experts(Experts value) {
        experts = value;
        return keys("num_local_experts", "num_experts", "num_experts_per_tok");
    }

    FamilyRules sinks() {
        sinks = true;
        return this;
    }

    /** Settings that only some families have. */
    FamilyRules keys(String... more) {
        keys.addAll(List.of(more));
        return this;
    }

    /** A setting that the family's checkpoints have with this value, and that means nothing else. */
    FamilyRules only(String key, String value) {
        constants.put(key, value);
        return this;
    }

    Map<String, String> constants() {
        return constants;
    }

    boolean has(String key) {
        return keys.contains(key);
    }

    Set<String> keys() {
        return keys;
    }
}
