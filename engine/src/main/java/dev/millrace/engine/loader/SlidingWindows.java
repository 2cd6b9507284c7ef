package dev.millrace.engine.loader;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Finds each layer's sliding window in config.json. */
final class SlidingWindows {
    private final ConfigJson config;
    private final FamilyRules rules;
    private final int layers;

    private SlidingWindows(ConfigJson config, FamilyRules rules, int layers) {
        this.config = config;
        this.rules = rules;
        this.layers = layers;
    }

    /** Window of each layer in tokens, 0 for none. */
    static List<Integer> read(ConfigJson config, FamilyRules rules, int layers) {
        SlidingWindows reader = new SlidingWindows(config, rules, layers);
        return switch (rules.windows) {
            case NONE -> Collections.nCopies(layers, 0);
            case EVERY_LAYER -> Collections.nCopies(layers, reader.window());
            case SWITCHED -> reader.switched();
            case PATTERN -> reader.pattern();
        };
    }

    /** An absent key is not null: the family's configuration class then assumes a window. */
    private int window() {
        boolean absent = !config.object().has("sliding_window");
        int assumed = absent ? rules.window : 0;
        return config.intOr("sliding_window", 0, HfConfigReader.MAX_POSITIONS, assumed);
    }

    private List<Integer> switched() {
        int window = config.booleanOr("use_sliding_window", false) ? window() : 0;
        return config.has("layer_types") ? byType(window) : fromFirst(window);
    }

    private List<Integer> fromFirst(int window) {
        if (window > 0 && rules.rotation == FamilyRules.Rotation.LISTED) {
            throw config.contradiction(
                    "layer_types", "nothing beside use_sliding_window", "an entry for each layer");
        }
        int first = config.intOr("max_window_layers", 0, Integer.MAX_VALUE, 28);
        List<Integer> windows = new ArrayList<>();
        for (int layer = 0; layer < layers; layer++) {
            windows.add(layer >= first ? window : 0);
        }
        return windows;
    }

    private List<Integer> pattern() {
        int window = window();
        if (config.has("layer_types")) {
            return byType(window);
        }
        String key =
                config.has("sliding_window_pattern")
                        ? "sliding_window_pattern"
                        : "_sliding_window_pattern";
        int full = config.intOr(key, 1, Integer.MAX_VALUE, rules.windowPattern);
        List<Integer> windows = new ArrayList<>();
        for (int layer = 0; layer < layers; layer++) {
            windows.add((layer + 1) % full == 0 ? 0 : window);
        }
        return windows;
    }

    private List<Integer> byType(int window) {
        JsonNode types = config.object().get("layer_types");
        if (!types.isArray() || types.size() != layers) {
            throw config.contradiction(
                    "layer_types", types.size() + " entries", layers + ", one for each layer");
        }
        List<Integer> windows = new ArrayList<>();
        for (JsonNode type : types) {
            windows.add(ofType(type, window));
        }
        return windows;
    }

    private int ofType(JsonNode type, int window) {
        return switch (type.asText()) {
            case "full_attention" -> 0;
            case "sliding_attention" -> {
                if (window == 0) {
                    throw config.contradiction(
                            "layer_types",
                            "sliding_attention without a sliding_window in use",
                            "a sliding_window, and use_sliding_window true where the family has it");
                }
                yield window;
            }
            default ->
                    throw config.invalid(
                            "layer_types", type, "full_attention or sliding_attention");
        };
    }
}
