package dev.millrace.engine.loader;

import dev.millrace.engine.ErrorCode;
import dev.millrace.engine.Status;

/** Problems of a model's folder, of its configuration, and of tensors that do not fit the configuration. */
public enum ConfigError implements ErrorCode {
    /** The model path does not exist. */
    MODEL_NOT_FOUND("LLM-CF-01"),
    /** The folder holds no checkpoint that can be read. */
    NO_CHECKPOINT("LLM-CF-02"),
    /** The folder holds pickled weights only. */
    PICKLE_ONLY("LLM-CF-03"),
    /** The folder holds more than one GGUF file and no safetensors. */
    AMBIGUOUS("LLM-CF-04"),
    /** A configuration file is no JSON object, or too large. */
    NOT_JSON("LLM-CF-05"),
    /** The model family is missing or not supported. */
    UNSUPPORTED_FAMILY("LLM-CF-06"),
    /** A needed setting is missing. */
    MISSING_KEY("LLM-CF-07"),
    /** A setting has the wrong type or lies outside its range. */
    INVALID_VALUE("LLM-CF-08"),
    /** Two settings contradict each other. */
    CONTRADICTION("LLM-CF-09"),
    /** A setting changes the arithmetic in a way that is not supported. */
    UNSUPPORTED_SETTING("LLM-CF-10"),
    /** The kind of rope scaling is unknown or not supported. */
    UNSUPPORTED_ROPE("LLM-CF-12"),
    /** A tensor that the configuration calls for is not in the checkpoint. */
    MISSING_TENSOR("LLM-CF-13"),
    /** A tensor's shape is not the one the configuration calls for. */
    TENSOR_SHAPE("LLM-CF-14");

    private final String id;

    ConfigError(String id) {
        this.id = id;
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public Status status() {
        return Status.ENGINE_ERROR;
    }
}
