package dev.millrace.engine.loader;

import java.util.Optional;

/** Supported model families and what their configuration classes assume when a setting is absent. */
enum ModelFamily {
    LLAMA("llama", 2048, false),
    MISTRAL("mistral", 131_072, false),
    QWEN2("qwen2", 32_768, true),
    QWEN3("qwen3", 32_768, true);

    private final String modelType;
    private final int defaultMaxPositions;
    private final boolean windowsByLayer;

    ModelFamily(String modelType, int defaultMaxPositions, boolean windowsByLayer) {
        this.modelType = modelType;
        this.defaultMaxPositions = defaultMaxPositions;
        this.windowsByLayer = windowsByLayer;
    }

    /** {@code model_type} in config.json, {@code general.architecture} in GGUF. */
    String modelType() {
        return modelType;
    }

    /** {@code max_position_embeddings} when absent. */
    int defaultMaxPositions() {
        return defaultMaxPositions;
    }

    /** The sliding window is switched on by {@code use_sliding_window}, for some layers. */
    boolean windowsByLayer() {
        return windowsByLayer;
    }

    static Optional<ModelFamily> of(String modelType) {
        for (ModelFamily family : values()) {
            if (family.modelType.equals(modelType)) {
                return Optional.of(family);
            }
        }
        return Optional.empty();
    }

    static String names() {
        StringBuilder names = new StringBuilder();
        for (ModelFamily family : values()) {
            names.append(names.isEmpty() ? "" : ", ").append(family.modelType);
        }
        return names.toString();
    }
}
