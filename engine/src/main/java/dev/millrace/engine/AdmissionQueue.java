package dev.millrace.engine;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The way from callers to the engine thread, bounded by requests and by waiting tokens.
 *
 * <p>A request is taken while fewer than {@code maxWaitingTokens} tokens wait, however long it is itself: so at least
 * one always fits, and whoever was told that the engine admits again is not refused for his length.
 *
 * <p>Thread-safety: all methods may be called from any thread, {@link #poll} and {@link #signal} only from the engine
 * thread.
 */
final class AdmissionQueue {
    private static final Duration SHORTEST_RETRY = Duration.ofMillis(10);
    private static final Duration LONGEST_RETRY = Duration.ofSeconds(30);

    private final long maxWaitingTokens;
    private final ArrayBlockingQueue<ActiveRequest> requests;
    private final AtomicLong waitingTokens = new AtomicLong();
    private final Queue<CompletableFuture<Void>> refused = new ConcurrentLinkedQueue<>();
    private volatile double tokensPerNano;

    AdmissionQueue(long maxWaitingTokens, int capacity) {
        this.maxWaitingTokens = maxWaitingTokens;
        this.requests = new ArrayBlockingQueue<>(capacity);
    }

    /** Whether a request would be taken now. */
    boolean admits() {
        return waitingTokens.get() < maxWaitingTokens && requests.remainingCapacity() > 0;
    }

    /** Takes the request unless too much waits. */
    boolean offer(ActiveRequest request) {
        long tokens = request.waitingTokens();
        if (!reserve(tokens)) {
            return false;
        }
        if (requests.offer(request)) {
            return true;
        }
        release(tokens);
        return false;
    }

    private boolean reserve(long tokens) {
        long before;
        do {
            before = waitingTokens.get();
            if (before >= maxWaitingTokens) {
                return false;
            }
        } while (!waitingTokens.compareAndSet(before, before + tokens));
        return true;
    }

    ActiveRequest poll() {
        return requests.poll();
    }

    boolean isEmpty() {
        return requests.isEmpty();
    }

    /** These tokens wait no longer. */
    void release(long tokens) {
        waitingTokens.addAndGet(-tokens);
    }

    long waitingTokens() {
        return waitingTokens.get();
    }

    /** Completes when {@link #admits}. */
    CompletableFuture<Void> whenAdmitting() {
        if (admits()) {
            return CompletableFuture.completedFuture(null);
        }
        CompletableFuture<Void> future = new CompletableFuture<>();
        refused.add(future);
        // The engine thread may have looked just before, and may have nothing left to do.
        if (admits()) {
            future.complete(null);
        }
        return future;
    }

    /** Whether {@link #signal} has something to do. */
    boolean owesSignal() {
        return !refused.isEmpty() && admits();
    }

    /** Tells those who were refused that they may come back. */
    void signal() {
        if (owesSignal()) {
            signalAll();
        }
    }

    /** Tells them whether or not there is room: the engine has ended, and will say so. */
    void signalAll() {
        CompletableFuture<Void> future = refused.poll();
        while (future != null) {
            future.complete(null);
            future = refused.poll();
        }
    }

    /** Recent speed, for {@link #retryAfter}. */
    void publishSpeed(double newTokensPerNano) {
        tokensPerNano = newTokensPerNano;
    }

    /** Time in which half of the bound will have been worked off. */
    Duration retryAfter() {
        double speed = tokensPerNano;
        if (speed <= 0) {
            return SHORTEST_RETRY;
        }
        long tokens = Math.max(1, waitingTokens.get() - maxWaitingTokens / 2);
        double nanos = Math.min(tokens / speed, (double) LONGEST_RETRY.toNanos());
        Duration estimate = Duration.ofNanos((long) nanos);
        return estimate.compareTo(SHORTEST_RETRY) < 0 ? SHORTEST_RETRY : estimate;
    }
}
