package dev.millrace.connector.sql.model;

import dev.millrace.connector.sql.SqlError;
import dev.millrace.connector.sql.row.Answer;
import dev.millrace.engine.Problem;
import dev.millrace.engine.Usage;

/** Makes the answers of rows that could not be answered. */
final class RowProblems {

    private RowProblems() {}

    /** {@code usage} is null where the engine did not tell. */
    static Answer timedOut(Usage usage) {
        Problem problem =
                new Problem(
                        SqlError.DEADLINE,
                        "timeout",
                        usage == null ? "no answer" : usage.generatedTokens() + " tokens by then",
                        "a complete answer",
                        "Allow more time by the option timeout and by Flink's own timeout, or fewer tokens");
        return Answer.timedOut(problem, usage);
    }
}
