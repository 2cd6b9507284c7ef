package dev.millrace.connector;

import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.Problem;

/** The job cannot start as configured; its message says what to change. */
public final class InvalidJobException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Problem problem;

    InvalidJobException(Problem problem) {
        this(problem, null);
    }

    InvalidJobException(Problem problem, Throwable cause) {
        super(problem.message(), cause);
        this.problem = problem;
    }

    /** The same problem, its place led by the part of the job file that the engine knows nothing of. */
    static InvalidJobException inside(String group, InvalidRequestException e) {
        Problem problem = e.problem();
        boolean named = problem.where().startsWith(group);
        return new InvalidJobException(
                new Problem(
                        problem.code(),
                        named ? problem.where() : group + "." + problem.where(),
                        problem.given(),
                        problem.allowed(),
                        problem.remedy()),
                e);
    }

    /** What is wrong; its message is this exception's message. */
    public Problem problem() {
        return problem;
    }
}
