package dev.millrace.engine;

/**
 * Computes scheduled batches: block copies, keys and values, and the next token of every sequence that has caught up. {@link
 * ModelRunner} does so with a model; others stand in where a run of the engine itself is measured or tested.
 *
 * <p>Thread-safety: none; called by the engine thread.
 */
interface BatchRunner extends AutoCloseable {

    /** Batches that may be on their way when the next one is launched: 0, or 1 if the device works while the host goes on. */
    int stepsAhead();

    /** Starts to compute the batch. Batches are computed in the order of these calls; the host may change its books at once. */
    void launch(ScheduledBatch batch);

    /**
     * Lets the tokens of the batch be drawn, which was launched last: the host knows all tokens before them now, and so the masks of
     * their forms, which it makes while the batch is computed. Called once for each batch. Needs no memory of the device.
     */
    void draw(ScheduledBatch batch);

    /** Waits for the batch, which is the oldest that was launched and not read, and writes its drawn tokens into it. */
    void read(ScheduledBatch batch);

    /** What computes, in one line for reports; empty where nothing does. */
    default String device() {
        return "";
    }

    @Override
    void close();
}
