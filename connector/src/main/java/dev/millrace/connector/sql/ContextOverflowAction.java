package dev.millrace.connector.sql;

/** What becomes of a prompt with more tokens than it may have. */
public enum ContextOverflowAction {
    /** The row cannot be answered. */
    ERROR("error", false),
    /** The prompt loses its end. */
    TRUNCATED_TAIL("truncated-tail", false),
    /** The prompt loses its end, and the log says so. */
    TRUNCATED_TAIL_LOG("truncated-tail-log", true),
    /** The prompt loses its beginning. */
    TRUNCATED_HEAD("truncated-head", false),
    /** The prompt loses its beginning, and the log says so. */
    TRUNCATED_HEAD_LOG("truncated-head-log", true),
    /** The row is left out. */
    SKIPPED("skipped", false),
    /** The row is left out, and the log says so. */
    SKIPPED_LOG("skipped-log", true);

    private final String text;
    private final boolean logs;

    ContextOverflowAction(String text, boolean logs) {
        this.text = text;
        this.logs = logs;
    }

    public boolean logs() {
        return logs;
    }

    public boolean truncates() {
        return this != ERROR && !skips();
    }

    public boolean skips() {
        return this == SKIPPED || this == SKIPPED_LOG;
    }

    /** Whether the beginning is kept. */
    public boolean keepsHead() {
        return this == TRUNCATED_TAIL || this == TRUNCATED_TAIL_LOG;
    }

    /** As in options. */
    @Override
    public String toString() {
        return text;
    }
}
