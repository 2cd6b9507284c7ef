package dev.millrace.engine.grammar;

import dev.millrace.engine.Problem;

/**
 * The form that an answer is to have cannot be enforced. Unchecked, like the problem of a request that it becomes where the
 * form came with one.
 */
public final class GrammarException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Problem problem;

    GrammarException(GrammarError code, String where, String given, String allowed, String remedy) {
        this(new Problem(code, where, given, allowed, remedy));
    }

    private GrammarException(Problem problem) {
        super(problem.message());
        this.problem = problem;
    }

    /** What is wrong, and where: a JSON pointer into the schema, or a place in the pattern. */
    public Problem problem() {
        return problem;
    }
}
