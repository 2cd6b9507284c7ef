package dev.millrace.operator;

/** What to do when the engine breaks. */
public enum OnEngineFailure {
    /**
     * End the process if its GPU is lost or hangs, so that Flink replaces the TaskManager: the CUDA driver clears such an error with the
     * process only, and a task restarted inside of it would fail for ever. Any other failure fails the task.
     */
    EXIT_IF_DEVICE_LOST,
    /** Fail the task, so that Flink restarts it with an engine loaded anew. */
    FAIL_TASK
}
