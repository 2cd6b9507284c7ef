package dev.millrace.engine;

/** What became of a record; one vocabulary for dead-letter headers, metrics and SQL columns. */
public enum Status {
    /** Answered. */
    OK,
    /** The record, its schema or its parameters cannot be served. */
    INVALID_INPUT,
    /** The prompt does not fit the model or the KV memory. */
    PROMPT_TOO_LONG,
    /** The deadline passed. */
    DEADLINE,
    /** The caller withdrew it. */
    CANCELLED,
    /** The engine could not compute it. */
    ENGINE_ERROR
}
