package dev.millrace.engine;

/** Problems of requests and of the engine itself. */
public enum EngineError implements ErrorCode {
    /** The prompt has no tokens. */
    EMPTY_PROMPT("LLM-RQ-01", Status.INVALID_INPUT),
    /** A token id outside the vocabulary. */
    TOKEN_OUT_OF_RANGE("LLM-RQ-02", Status.INVALID_INPUT),
    /** The prompt leaves no room for an answer within the model's length. */
    PROMPT_TOO_LONG("LLM-RQ-03", Status.PROMPT_TOO_LONG),
    /** Prompt and answer would need more KV blocks than the pool has. */
    EXCEEDS_KV_POOL("LLM-RQ-04", Status.PROMPT_TOO_LONG),
    /** What was resumed does not fit the request. */
    INVALID_RESUME("LLM-RQ-05", Status.INVALID_INPUT),
    /** The deadline lies in the past. */
    INVALID_TIMEOUT("LLM-RQ-06", Status.INVALID_INPUT),
    /** The model gave NaN or infinite logits for this request. */
    NON_FINITE_LOGITS("LLM-RQ-07", Status.ENGINE_ERROR),
    /** The tokenizer could not make text of the answer's tokens. */
    UNDECODABLE("LLM-RQ-08", Status.ENGINE_ERROR),
    /** Labels that cannot be told apart, or none at all. */
    INVALID_LABELS("LLM-RQ-09", Status.INVALID_INPUT),
    /** The deadline passed before labels were scored or an embedding was computed. */
    DEADLINE("LLM-RQ-10", Status.DEADLINE),
    /** The request has no id. */
    NO_ID("LLM-RQ-11", Status.INVALID_INPUT),
    /** Too many waiting tokens. */
    OVERLOADED("LLM-EN-01", Status.ENGINE_ERROR),
    /** The engine was closed. */
    CLOSED("LLM-EN-02", Status.CANCELLED),
    /** The engine thread died. */
    FAILED("LLM-EN-03", Status.ENGINE_ERROR),
    /** An engine option has a value that is not allowed. */
    INVALID_OPTION("LLM-EN-04", Status.INVALID_INPUT),
    /** No engine option has this name. */
    UNKNOWN_OPTION("LLM-EN-05", Status.INVALID_INPUT),
    /** A step took longer than {@code step-timeout}. */
    STEP_TIMEOUT("LLM-EN-06", Status.ENGINE_ERROR);

    private final String id;
    private final Status status;

    EngineError(String id, Status status) {
        this.id = id;
        this.status = status;
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public Status status() {
        return status;
    }
}
