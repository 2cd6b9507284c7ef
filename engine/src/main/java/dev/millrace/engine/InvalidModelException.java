package dev.millrace.engine;

/** The checkpoint, its configuration or its tokenizer cannot be used. */
public final class InvalidModelException extends LlmException {
    private static final long serialVersionUID = 1L;

    public InvalidModelException(Problem problem) {
        super(problem, null);
    }

    public InvalidModelException(Problem problem, Throwable cause) {
        super(problem, cause);
    }
}
