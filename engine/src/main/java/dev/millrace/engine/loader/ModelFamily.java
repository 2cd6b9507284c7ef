package dev.millrace.engine.loader;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** Supported model families. */
enum ModelFamily {
    LLAMA("llama"),
    MISTRAL("mistral"),
    MIXTRAL("mixtral"),
    QWEN2("qwen2"),
    QWEN3("qwen3"),
    QWEN3_MOE("qwen3_moe"),
    SMOLLM3("smollm3"),
    PHI3("phi3"),
    GEMMA2("gemma2"),
    GEMMA3("gemma3_text"),
    GRANITE("granite"),
    OLMO2("olmo2"),
    COHERE2("cohere2"),
    GLM4("glm4"),
    STARCODER2("starcoder2"),
    GPT_OSS("gpt_oss");

    private final String modelType;

    ModelFamily(String modelType) {
        this.modelType = modelType;
    }

    /** {@code model_type} in config.json. */
    String modelType() {
        return modelType;
    }

    /** What it computes. */
    FamilyRules rules() {
        return Families.rules(this);
    }

    static Optional<ModelFamily> of(String modelType) {
        return Arrays.stream(values()).filter(f -> f.modelType.equals(modelType)).findFirst();
    }

    static String names() {
        return Arrays.stream(values()).map(f -> f.modelType).collect(Collectors.joining(", "));
    }
}
