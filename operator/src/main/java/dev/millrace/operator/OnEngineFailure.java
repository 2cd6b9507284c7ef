package dev.millrace.operator;

/** What to do when the engine breaks. */
public enum OnEngineFailure {
    /** Fail the task, so that Flink restarts it with an engine loaded anew. */
    FAIL_TASK
}
