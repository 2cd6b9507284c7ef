package dev.millrace.connector.sql;

import dev.millrace.engine.ErrorCode;
import dev.millrace.engine.Status;
import org.apache.flink.table.api.ValidationException;

/** What can be wrong with a model or a query in SQL. What a row can have is at the end; the rest is found before the job starts. */
public enum SqlError implements ErrorCode {
    /** An option has a value that is not allowed. */
    INVALID_OPTION("LLM-SQ-01", Status.INVALID_INPUT),
    /** No option has this name. */
    UNKNOWN_OPTION("LLM-SQ-02", Status.INVALID_INPUT),
    /** An option that the task needs is missing. */
    MISSING_OPTION("LLM-SQ-03", Status.INVALID_INPUT),
    /** Two options contradict each other, or the task has no use for one. */
    CONFLICTING_OPTIONS("LLM-SQ-04", Status.INVALID_INPUT),
    /** The INPUT columns do not fit the task or the template. */
    INPUT_COLUMNS("LLM-SQ-05", Status.INVALID_INPUT),
    /** The OUTPUT columns do not fit the task. */
    OUTPUT_COLUMNS("LLM-SQ-06", Status.INVALID_INPUT),
    /** The type of a column cannot be made of an answer. */
    COLUMN_TYPE("LLM-SQ-07", Status.INVALID_INPUT),
    /** The schema of the answers cannot be enforced. */
    SCHEMA("LLM-SQ-08", Status.INVALID_INPUT),
    /** A template cannot be parsed or names a column that is not there. */
    TEMPLATE("LLM-SQ-09", Status.INVALID_INPUT),
    /** The query asks for something that a batching engine cannot do. */
    QUERY("LLM-SQ-10", Status.INVALID_INPUT),
    /** An argument of a function is not allowed. */
    ARGUMENT("LLM-SQ-11", Status.INVALID_INPUT),
    /** The row has a null where the prompt needs a value. */
    NULL_INPUT("LLM-SQ-12", Status.INVALID_INPUT),
    /** The prompt has more tokens than {@code max-context-size}, or than the model takes. */
    CONTEXT_OVERFLOW("LLM-SQ-13", Status.PROMPT_TOO_LONG),
    /** The row's chat has no messages, too many, or one with an unknown role. */
    MESSAGES("LLM-SQ-14", Status.INVALID_INPUT),
    /** The deadline passed before the answer was complete. */
    DEADLINE("LLM-SQ-15", Status.DEADLINE);

    private final String id;
    private final Status status;

    SqlError(String id, Status status) {
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

    /** The exception by which Flink refuses statements; the code stands behind the sentences. */
    public ValidationException refusal(String sentences) {
        return new ValidationException(sentences + " [" + id + "]");
    }
}
