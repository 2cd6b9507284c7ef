package dev.millrace.engine.loader;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.loader.FamilyRules.Experts;
import dev.millrace.engine.loader.FamilyRules.Rotation;
import dev.millrace.engine.model.LayerConfig;
import dev.millrace.engine.model.MlpConfig;
import dev.millrace.kernels.Activation;
import java.util.ArrayList;
import java.util.List;

/** Finds what differs from layer to layer in config.json: windows, rotations, experts. */
final class LayersReader {
    private final ConfigJson config;
    private final FamilyRules rules;
    private final int count;
    private final Activation activation;

    LayersReader(ConfigJson config, FamilyRules rules, int count, Activation activation) {
        this.config = config;
        this.rules = rules;
        this.count = count;
        this.activation = activation;
    }

    List<LayerConfig> read() {
        List<Integer> windows = SlidingWindows.read(config, rules, count);
        List<Integer> ropes = ropes(windows);
        List<LayerConfig> layers = new ArrayList<>();
        for (int layer = 0; layer < count; layer++) {
            layers.add(new LayerConfig(windows.get(layer), ropes.get(layer), mlp(layer)));
        }
        return layers;
    }

    private List<Integer> ropes(List<Integer> windows) {
        List<Integer> listed =
                rules.rotation == Rotation.LISTED ? config.ints("no_rope_layers", 0, 1) : List.of();
        if (!listed.isEmpty() && listed.size() != count) {
            throw config.contradiction(
                    "no_rope_layers", listed.size() + " entries", count + ", one for each layer");
        }
        int interval =
                rules.rotation == Rotation.LISTED
                        ? config.intOr("no_rope_layer_interval", 1, Integer.MAX_VALUE, 4)
                        : 0;
        List<Integer> ropes = new ArrayList<>();
        for (int layer = 0; layer < count; layer++) {
            boolean windowed = windows.get(layer) > 0;
            ropes.add(
                    switch (rules.rotation) {
                        case EVERY_LAYER -> 0;
                        case LISTED ->
                                rotates(
                                        listed.isEmpty()
                                                ? (layer + 1) % interval != 0
                                                : listed.get(layer) == 1);
                        case WINDOWED -> rotates(windowed);
                        case TWO_KINDS -> windowed ? 1 : 0;
                    });
        }
        return ropes;
    }

    private static int rotates(boolean rotates) {
        return rotates ? 0 : LayerConfig.NO_ROPE;
    }

    private MlpConfig mlp(int layer) {
        int size = config.requiredInt("intermediate_size", 1, HfConfigReader.MAX_WIDTH);
        boolean bias =
                rules.bias == FamilyRules.Bias.EVERYTHING
                        ? config.booleanOr("use_bias", true)
                        : rules.has("mlp_bias") && config.booleanOr("mlp_bias", false);
        if (rules.experts != Experts.NONE && hasExperts(layer)) {
            return experts(size);
        }
        return rules.plainMlp
                ? new MlpConfig.Plain(size, activation, bias)
                : new MlpConfig.Gated(size, activation, bias);
    }

    private boolean hasExperts(int layer) {
        if (rules.experts != Experts.SOME_LAYERS) {
            return true;
        }
        int step = config.intOr("decoder_sparse_step", 1, Integer.MAX_VALUE, 1);
        boolean dense =
                config.ints("mlp_only_layers", 0, HfConfigReader.MAX_LAYERS).contains(layer);
        return !dense && (layer + 1) % step == 0;
    }

    private MlpConfig experts(int intermediateSize) {
        // transformers 4 says num_experts for what 5 calls num_local_experts.
        String countKey = config.has("num_local_experts") ? "num_local_experts" : "num_experts";
        String chosenKey =
                config.has("experts_per_token") ? "experts_per_token" : "num_experts_per_tok";
        int experts = config.requiredInt(countKey, 1, HfConfigReader.MAX_EXPERTS);
        int chosen = config.requiredInt(chosenKey, 1, Math.min(experts, HfConfigReader.MAX_CHOSEN));
        return switch (rules.experts) {
            case NONE -> throw new IllegalStateException("no experts");
            case EVERY_LAYER ->
                    new MlpConfig.Experts(
                            experts, chosen, true, intermediateSize, activation, false);
            case SOME_LAYERS ->
                    new MlpConfig.Experts(
                            experts,
                            chosen,
                            config.booleanOr("norm_topk_prob", false),
                            config.requiredInt(
                                    "moe_intermediate_size", 1, HfConfigReader.MAX_WIDTH),
                            activation,
                            false);
            case CLAMPED -> {
                checkClamp("swiglu_alpha", 1.702);
                checkClamp("swiglu_limit", 7);
                yield new MlpConfig.Experts(
                        experts, chosen, true, intermediateSize, Activation.CLAMPED_SILU, true);
            }
        };
    }

    /** The published models have one pair of constants, which the kernels hold. */
    private void checkClamp(String key, double only) {
        JsonNode value = config.object().get(key);
        if (config.has(key) && config.positiveOr(key, only) != only) {
            throw Problems.refuse(
                    ConfigError.UNSUPPORTED_SETTING,
                    config.where() + ": " + key,
                    value.toString(),
                    "" + only,
                    "Use a model with the published value");
        }
    }
}
