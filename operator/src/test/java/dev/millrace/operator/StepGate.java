package dev.millrace.operator;

import java.util.concurrent.Semaphore;
import java.util.function.LongConsumer;

/** An engine's hook that lets so many steps through and holds the next one; unlike the engine's own gate it can be asked. */
final class StepGate implements LongConsumer {
    private final Semaphore permits;
    private volatile long arrived;

    StepGate(int steps) {
        permits = new Semaphore(steps);
    }

    @Override
    public void accept(long step) {
        arrived = step;
        permits.acquireUninterruptibly();
    }

    /** Steps that have begun, the one that waits included. */
    long arrived() {
        return arrived;
    }

    void open() {
        permits.release(1 << 20);
    }
}
