package dev.millrace.engine;

/** Problems of sampling parameters; {@link SamplingRules} says what is allowed. */
public enum SamplingError implements ErrorCode {
    TEMPERATURE("LLM-SP-01"),
    TOP_P("LLM-SP-02"),
    TOP_K("LLM-SP-03"),
    MIN_P("LLM-SP-04"),
    REPETITION_PENALTY("LLM-SP-05"),
    PRESENCE_PENALTY("LLM-SP-06"),
    FREQUENCY_PENALTY("LLM-SP-07"),
    MAX_TOKENS("LLM-SP-08"),
    MIN_TOKENS("LLM-SP-09"),
    N("LLM-SP-10"),
    /** Several answers were asked for where all would be the same. */
    N_GREEDY("LLM-SP-11"),
    STOP("LLM-SP-12"),
    STOP_TOKEN_IDS("LLM-SP-13"),
    LOGPROBS("LLM-SP-14"),
    LOGIT_BIAS("LLM-SP-15"),
    ALLOWED_TOKEN_IDS("LLM-SP-16"),
    /** A parameter that could keep an answer from the form that it is forced into. */
    FORMAT("LLM-SP-17");

    private final String id;

    SamplingError(String id) {
        this.id = id;
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public Status status() {
        return Status.INVALID_INPUT;
    }
}
