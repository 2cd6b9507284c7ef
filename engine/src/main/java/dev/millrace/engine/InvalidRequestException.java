package dev.millrace.engine;

/** This request cannot be served; others are not affected. */
public final class InvalidRequestException extends LlmException {
    private static final long serialVersionUID = 1L;

    public InvalidRequestException(Problem problem) {
        super(problem, null);
    }
}
