package dev.millrace.engine.loader;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Finds each layer's sliding window in config.json. */
final class SlidingWindows {
    private static final int MISTRAL_DEFAULT = 4096;

    private SlidingWindows() {}

    /** Window of each layer in tokens, 0 for none. */
    static List<Integer> read(ConfigJson config, ModelFamily family, int layers) {
        if (family == ModelFamily.LLAMA) {
            return Collections.nCopies(layers, 0);
        }
        int window = config.intOr("sliding_window", 0, HfConfigReader.MAX_POSITIONS, 0);
        if (!family.windowsByLayer()) {
            // An absent key is not null: the family's configuration class then assumes a window.
            boolean absent = !config.object().has("sliding_window");
            return Collections.nCopies(layers, absent ? MISTRAL_DEFAULT : window);
        }
        if (!config.booleanOr("use_sliding_window", false)) {
            window = 0;
        }
        return config.has("layer_types")
                ? byType(config, layers, window)
                : byIndex(config, layers, window);
    }

    private static List<Integer> byIndex(ConfigJson config, int layers, int window) {
        int first = config.intOr("max_window_layers", 0, Integer.MAX_VALUE, 28);
        List<Integer> windows = new ArrayList<>();
        for (int layer = 0; layer < layers; layer++) {
            windows.add(layer >= first ? window : 0);
        }
        return windows;
    }

    private static List<Integer> byType(ConfigJson config, int layers, int window) {
        JsonNode types = config.object().get("layer_types");
        if (!types.isArray() || types.size() != layers) {
            throw config.contradiction(
                    "layer_types", types.size() + " entries", layers + ", one for each layer");
        }
        List<Integer> windows = new ArrayList<>();
        for (JsonNode type : types) {
            windows.add(ofType(config, type, window));
        }
        return windows;
    }

    private static int ofType(ConfigJson config, JsonNode type, int window) {
        return switch (type.asText()) {
            case "full_attention" -> 0;
            case "sliding_attention" -> {
                if (window == 0) {
                    throw config.contradiction(
                            "layer_types",
                            "sliding_attention without a sliding_window in use",
                            "a sliding_window, and use_sliding_window true");
                }
                yield window;
            }
            default ->
                    throw config.invalid(
                            "layer_types", type, "full_attention or sliding_attention");
        };
    }
}
