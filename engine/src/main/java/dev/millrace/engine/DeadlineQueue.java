package dev.millrace.engine;

import java.util.Comparator;
import java.util.TreeSet;

/**
 * Requests with a deadline, the next one first.
 *
 * <p>Thread-safety: none; owned by the engine thread.
 */
final class DeadlineQueue {
    private final TreeSet<ActiveRequest> requests =
            new TreeSet<>(
                    Comparator.<ActiveRequest>comparingLong(request -> request.deadlineNanos)
                            .thenComparingLong(request -> request.arrival));

    void add(ActiveRequest request) {
        if (request.deadlineNanos != ActiveRequest.NO_DEADLINE) {
            requests.add(request);
        }
    }

    void remove(ActiveRequest request) {
        if (request.deadlineNanos != ActiveRequest.NO_DEADLINE) {
            requests.remove(request);
        }
    }

    /** A request whose deadline has passed; null if there is none. */
    ActiveRequest peekOverdue(long now) {
        if (requests.isEmpty()) {
            return null;
        }
        ActiveRequest first = requests.first();
        return first.deadlineNanos <= now ? first : null;
    }
}
