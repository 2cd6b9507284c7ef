package dev.millrace.engine;

import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * Watches the engine thread from outside: a device that hangs never returns from a call, so that the engine itself cannot tell.
 *
 * <p>Thread-safety: {@link #begin} and {@link #end} are for the engine thread; {@link #close} may be called from any.
 */
final class StepWatchdog implements AutoCloseable {
    private static final long IDLE = Long.MIN_VALUE;
    private static final int CHECKS_PER_TIMEOUT = 4;

    private final long timeoutNanos;
    private final LongSupplier clock;
    private final Runnable onHang;
    private volatile long stepStart = IDLE;
    private volatile boolean closed;
    private Thread thread;

    StepWatchdog(long timeoutNanos, LongSupplier clock, Runnable onHang) {
        this.timeoutNanos = timeoutNanos;
        this.clock = clock;
        this.onHang = onHang;
    }

    /** Starts watching, from a thread of its own. */
    void start(String name) {
        thread = new Thread(this::watch, name);
        thread.setDaemon(true);
        thread.start();
    }

    /** A step begins at {@code now}. */
    void begin(long now) {
        stepStart = now;
    }

    /** The step is over. */
    void end() {
        stepStart = IDLE;
    }

    private void watch() {
        long pause = Math.max(1, timeoutNanos / CHECKS_PER_TIMEOUT);
        while (!closed) {
            if (isHung(clock.getAsLong())) {
                onHang.run();
                return;
            }
            LockSupport.parkNanos(this, pause);
        }
    }

    boolean isHung(long now) {
        long start = stepStart;
        return start != IDLE && now - start > timeoutNanos;
    }

    @Override
    public void close() {
        closed = true;
        if (thread != null) {
            LockSupport.unpark(thread);
        }
    }
}
