package dev.millrace.engine;

/**
 * Counts what the engine does, and publishes it once a step.
 *
 * <p>Thread-safety: owned by the engine thread, but {@link #snapshot} may be called from any thread.
 */
final class EngineCounters {
    long steps;
    long generatedTokens;
    long resumedTokens;
    long finishedRequests;
    long failedRequests;
    long stepNanos;
    long runNanos;
    private double sumOfKvWaste;
    private volatile EngineStats published;

    EngineCounters(int numBlocks, long kvBytesPerToken) {
        published =
                new EngineStats(
                        0, 0, 0, numBlocks, 0, 0, kvBytesPerToken, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
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
                        published.kvBytesPerToken(),
                        steps == 0 ? 0 : sumOfKvWaste / steps,
                        steps,
                        scheduler.numPreemptions(),
                        scheduler.numPromptTokens(),
                        scheduler.numCachedPromptTokens(),
                        generatedTokens,
                        resumedTokens,
                        finishedRequests,
                        failedRequests,
                        stepNanos,
                        runNanos);
    }

    EngineStats snapshot() {
        return published;
    }
}
