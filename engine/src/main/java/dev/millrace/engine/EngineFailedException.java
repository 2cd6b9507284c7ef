package dev.millrace.engine;

/** The engine is broken or closed and takes no more requests. */
public final class EngineFailedException extends LlmException {
    private static final long serialVersionUID = 1L;

    public EngineFailedException(Problem problem, Throwable cause) {
        super(problem, cause);
    }
}
