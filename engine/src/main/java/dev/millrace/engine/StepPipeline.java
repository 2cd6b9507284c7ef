package dev.millrace.engine;

import java.util.ArrayDeque;

/**
 * The steps on their way. The host launches a step before it reads the one before, as far ahead as the runner's device works by
 * itself; with nothing to launch, what is on its way is read. A step's tokens are drawn when those of the step before have been read.
 *
 * <p>Thread-safety: none; owned by the engine thread.
 */
final class StepPipeline {
    private final BatchRunner runner;
    private final ArrayDeque<ScheduledBatch> spare;
    private final ArrayDeque<ScheduledBatch> launched;

    /** Launched last; null if its tokens are drawn. */
    private ScheduledBatch undrawn;

    StepPipeline(BatchRunner runner, int maxNumSeqs) {
        this.runner = runner;
        int count = runner.stepsAhead() + 1;
        spare = new ArrayDeque<>(count);
        launched = new ArrayDeque<>(count);
        for (int i = 0; i < count; i++) {
            spare.add(new ScheduledBatch(maxNumSeqs));
        }
    }

    /** Whether no step is on its way. */
    boolean isEmpty() {
        return launched.isEmpty();
    }

    /** The batch to schedule next. */
    ScheduledBatch next() {
        return spare.peek();
    }

    /** Launches {@link #next}, which then is on its way. If nothing else is, its tokens are drawn at once, else by {@link #draw}. */
    void launch() {
        runner.launch(spare.peek());
        undrawn = spare.peek();
        if (launched.isEmpty()) {
            draw();
        }
        launched.add(spare.remove());
    }

    /** Draws the tokens of the step launched last, unless they are drawn; those of the step before it must be in the books. */
    void draw() {
        ScheduledBatch batch = undrawn;
        undrawn = null;
        if (batch != null) {
            runner.draw(batch);
        }
    }

    /**
     * Reads the oldest step's tokens if no more may be on their way.
     *
     * @param ahead whether steps may stay on their way at all
     * @return null if none was read
     */
    ScheduledBatch read(boolean ahead) {
        if (launched.size() <= (ahead ? runner.stepsAhead() : 0)) {
            return null;
        }
        ScheduledBatch batch = launched.remove();
        runner.read(batch);
        spare.add(batch);
        return batch;
    }
}
