package dev.millrace.engine;

import java.util.concurrent.atomic.AtomicReference;

/**
 * Whether and why the engine has ended; the first reason stays.
 *
 * <p>Thread-safety: all methods may be called from any thread.
 */
final class EngineEnd {
    private final Problem closed;
    private final EngineFailedException outOfMemory;
    private final Problem failed;
    private final AtomicReference<EngineFailedException> exception = new AtomicReference<>();

    EngineEnd(String model) {
        String where = "engine of " + model;
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
        return reason != null && reason.problem().code() == EngineError.FAILED;
    }

    /** Why it has come; null while it has not. */
    EngineFailedException exception() {
        return exception.get();
    }

    void close() {
        exception.compareAndSet(null, new EngineFailedException(closed, null));
    }

    void fail(Throwable cause) {
        EngineFailedException reason;
        try {
            reason = new EngineFailedException(failed, cause);
        } catch (OutOfMemoryError e) {
            reason = outOfMemory;
        }
        exception.compareAndSet(null, reason);
    }
}
