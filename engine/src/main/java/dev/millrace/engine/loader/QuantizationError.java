package dev.millrace.engine.loader;

import dev.millrace.engine.ErrorCode;
import dev.millrace.engine.Status;

/** Problems of quantised checkpoints: what their settings say, and what their tensors hold. */
public enum QuantizationError implements ErrorCode {
    /** The method is missing or not supported. */
    METHOD("LLM-QZ-01"),
    /** An option of the method is unknown, or has a value that is not supported. */
    OPTION("LLM-QZ-02"),
    /** Two files of the checkpoint say different things about its quantisation. */
    CONTRADICTION("LLM-QZ-03"),
    /** A tensor of a quantised matrix is missing, or has another type or shape. */
    TENSOR("LLM-QZ-04"),
    /** A tensor of a quantised matrix holds values that cannot be. */
    VALUE("LLM-QZ-05"),
    /** A quantised matrix comes with a bias that the architecture does not have. */
    BIAS("LLM-QZ-06");

    private final String id;

    QuantizationError(String id) {
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
