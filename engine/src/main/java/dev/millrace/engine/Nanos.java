package dev.millrace.engine;

import java.time.Duration;

/** Durations as nanoseconds. */
final class Nanos {
    private static final Duration LONGEST = Duration.ofNanos(Long.MAX_VALUE / 4);

    private Nanos() {}

    /** Nanoseconds of a duration, about 73 years at most, so that sums do not overflow. */
    static long of(Duration duration) {
        return duration.compareTo(LONGEST) > 0 ? LONGEST.toNanos() : duration.toNanos();
    }
}
