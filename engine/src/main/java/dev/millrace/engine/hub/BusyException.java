package dev.millrace.engine.hub;

import java.io.IOException;
import java.time.Duration;

/** The hub says that another time it may work: 408, 429 and the 500s. */
final class BusyException extends IOException {
    private static final long serialVersionUID = 1L;
    private static final int TOO_MANY_REQUESTS = 429;

    private final int status;
    private final transient Duration retryAfter;

    BusyException(int status, Duration retryAfter) {
        super("status " + status);
        this.status = status;
        this.retryAfter = retryAfter;
    }

    boolean isRateLimit() {
        return status == TOO_MANY_REQUESTS;
    }

    /** What the hub asked for; zero if it did not say. */
    Duration retryAfter() {
        return retryAfter;
    }
}
