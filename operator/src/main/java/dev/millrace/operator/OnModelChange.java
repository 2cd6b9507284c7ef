package dev.millrace.operator;

/** What to do with half-generated answers of another model when a job is restored. */
public enum OnModelChange {
    /** Refuse to start. */
    FAIL,
    /** Drop their tokens and begin them anew. */
    REGENERATE
}
