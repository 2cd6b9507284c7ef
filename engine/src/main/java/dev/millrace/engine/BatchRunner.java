package dev.millrace.engine;

/**
 * Computes a scheduled batch: block copies, keys and values, and the next token of every sequence that has caught up.
 *
 * <p>Thread-safety: none; called by the engine thread.
 */
interface BatchRunner extends AutoCloseable {

    /** Computes the batch and writes the drawn tokens into it. */
    void run(ScheduledBatch batch);

    @Override
    void close();
}
