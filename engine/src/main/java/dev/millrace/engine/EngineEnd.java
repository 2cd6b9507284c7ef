package dev.millrace.engine;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Whether and why the engine has ended; the first reason stays.
 *
 * <p>Thread-safety: all methods may be called from any thread.
 */
final class EngineEnd {
    private final String where;
    private final Problem closed;
    private final EngineFailedException outOfMemory;
    private final Problem failed;
    private final AtomicReference<EngineFailedException> exception = new AtomicReference<>();

    EngineEnd(String model) {
        where = "engine of " + model;
        closed =
                new Problem(
                        EngineError.CLOSED,
                        where,
                        "a request after close",
                        "requests before",
                        "Load the model again");
        failed =
                new Problem(
                        EngineError.FAILED,
                        where,
                        "an error in the engine thread",
                        "an engine that runs",
                        "See the cause; load the model again");
        // Made beforehand, for the case that there is no memory to make it then.
        outOfMemory = new EngineFailedException(failed, null);
    }

    boolean hasCome() {
        return exception.get() != null;
    }

    /** Whether it came by an error. */
    boolean isFailure() {
        EngineFailedException reason = exception.get();
        return reason != null && reason.problem().code() != EngineError.CLOSED;
    }

    /** Why it has come; null while it has not. */
    EngineFailedException exception() {
        return exception.get();
    }

    void close() {
        exception.compareAndSet(null, new EngineFailedException(closed, null));
    }

    /** A step takes longer than {@code timeout}. */
    void hang(Duration timeout) {
        Problem problem =
                new Problem(
                        EngineError.STEP_TIMEOUT,
                        where,
                        "a step that has not ended in " + timeout.toMillis() + " ms",
                        "steps shorter than step-timeout",
                        "See whether the device hangs; raise step-timeout if steps are that long");
        exception.compareAndSet(null, new EngineFailedException(problem, null));
    }

    void fail(Throwable cause) {
        EngineFailedException reason;
        try {
            Problem problem = DeviceErrorCode.problem(cause).orElse(failed);
            reason = new EngineFailedException(problem, cause);
        } catch (OutOfMemoryError e) {
            reason = outOfMemory;
        }
        exception.compareAndSet(null, reason);
    }
}
