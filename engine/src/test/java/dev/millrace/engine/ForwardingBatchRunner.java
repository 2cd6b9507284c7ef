package dev.millrace.engine;

/** Hands every call on to another runner; tests override what they watch or change. */
abstract class ForwardingBatchRunner implements BatchRunner {
    final BatchRunner runner;

    ForwardingBatchRunner(BatchRunner runner) {
        this.runner = runner;
    }

    @Override
    public int stepsAhead() {
        return runner.stepsAhead();
    }

    @Override
    public void launch(ScheduledBatch batch) {
        runner.launch(batch);
    }

    @Override
    public void draw(ScheduledBatch batch) {
        runner.draw(batch);
    }

    @Override
    public void read(ScheduledBatch batch) {
        runner.read(batch);
    }

    @Override
    public void close() {
        runner.close();
    }
}
