package dev.millrace.engine;

/** Every error that leaves the engine: a bad request, a bad model, try later, or engine broken. */
public abstract sealed class LlmException extends RuntimeException
        permits InvalidRequestException,
                InvalidModelException,
                EngineOverloadedException,
                EngineFailedException {
    private static final long serialVersionUID = 1L;

    private final transient Problem problem;

    LlmException(Problem problem, Throwable cause) {
        super(problem.message(), cause);
        this.problem = problem;
    }

    /** What is wrong; its message is this exception's message. */
    public final Problem problem() {
        return problem;
    }
}
