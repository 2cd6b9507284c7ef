package dev.millrace.engine;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts what the engine does, and publishes it once a step. Ends of requests are seen at once.
 *
 * <p>Thread-safety: owned by the engine thread, but {@link #snapshot} and {@link #ended} may be called from any thread.
 */
final class EngineCounters {
    long steps;
    long generatedTokens;
    long resumedTokens;
    long stepNanos;
    long runNanos;
    long formNanos;
    private final AtomicLong finishedRequests = new AtomicLong();
    private final AtomicLong failedRequests = new AtomicLong();
    private final long kvBytesPerToken;
    private double sumOfKvWaste;
    private volatile EngineStats published;

    EngineCounters(Scheduler scheduler, long kvBytesPerToken) {
        this.kvBytesPerToken = kvBytesPerToken;
        publish(scheduler, 0);
    }

    /** Takes the share of used KV slots that will hold no token after this step. */
    void measureKvWaste(BlockPool pool) {
        steps++;
        double usedSlots = (double) pool.numUsed() * pool.blockSize();
        sumOfKvWaste += 1 - pool.numFilledSlots() / usedSlots;
    }

    /** Makes all counts visible to {@link #snapshot}. */
    void publish(Scheduler scheduler, long waitingTokens) {
        BlockPool pool = scheduler.pool();
        published =
                new EngineStats(
                        scheduler.numRunning(),
                        scheduler.numWaiting(),
                        waitingTokens,
                        pool.numBlocks(),
                        pool.numUsed(),
                        pool.numCachedFree(),
                        kvBytesPerToken,
                        steps == 0 ? 0 : sumOfKvWaste / steps,
                        steps,
                        scheduler.numPreemptions(),
                        scheduler.numPromptTokens(),
                        scheduler.numCachedPromptTokens(),
                        generatedTokens,
                        resumedTokens,
                        0,
                        0,
                        stepNanos,
                        runNanos,
                        formNanos);
    }

    /** A request has ended, with an answer or without. */
    void ended(boolean answered) {
        (answered ? finishedRequests : failedRequests).incrementAndGet();
    }

    EngineStats snapshot() {
        return published.withRequests(finishedRequests.get(), failedRequests.get());
    }
}
