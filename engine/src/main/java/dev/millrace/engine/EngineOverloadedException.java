package dev.millrace.engine;

import java.time.Duration;

/** The engine has enough waiting tokens; the same request may be submitted again later. */
public final class EngineOverloadedException extends LlmException {
    private static final long serialVersionUID = 1L;

    private final Duration retryAfter;

    public EngineOverloadedException(Problem problem, Duration retryAfter) {
        super(problem, null);
        this.retryAfter = retryAfter;
    }

    /** When to come back, by the engine's recent speed. */
    public Duration retryAfter() {
        return retryAfter;
    }
}
