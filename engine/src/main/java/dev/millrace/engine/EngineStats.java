package dev.millrace.engine;

/**
 * Counters since the engine started and gauges as of the last step.
 *
 * @param runningRequests sequences with blocks
 * @param waitingRequests sequences without
 * @param waitingTokens prompt and resumed tokens of those
 * @param totalBlocks KV blocks of the pool
 * @param usedBlocks blocks that some sequence holds
 * @param cachedBlocks free blocks that still hold a prefix
 * @param kvBytesPerToken bytes of one token's keys and values over all layers
 * @param kvWaste mean over all steps of the share of used KV memory that holds no token
 * @param steps steps run
 * @param preemptions sequences that lost their blocks to others
 * @param promptTokens prompt tokens of all requests
 * @param cachedPromptTokens those of them found in the prefix cache
 * @param generatedTokens tokens drawn
 * @param resumedTokens tokens brought along from before a restore
 * @param finishedRequests requests completed
 * @param failedRequests requests ended by an error or cancelled
 * @param stepNanos time spent in steps
 * @param runNanos that part of it spent in the runner
 * @param formNanos that part of it spent on the forms of answers that have ended: their masks, and their tokens
 */
public record EngineStats(
        int runningRequests,
        int waitingRequests,
        long waitingTokens,
        int totalBlocks,
        int usedBlocks,
        int cachedBlocks,
        long kvBytesPerToken,
        double kvWaste,
        long steps,
        long preemptions,
        long promptTokens,
        long cachedPromptTokens,
        long generatedTokens,
        long resumedTokens,
        long finishedRequests,
        long failedRequests,
        long stepNanos,
        long runNanos,
        long formNanos) {

    /** The same with these counts of requests that have ended. */
    EngineStats withRequests(long finished, long failed) {
        return new EngineStats(
                runningRequests,
                waitingRequests,
                waitingTokens,
                totalBlocks,
                usedBlocks,
                cachedBlocks,
                kvBytesPerToken,
                kvWaste,
                steps,
                preemptions,
                promptTokens,
                cachedPromptTokens,
                generatedTokens,
                resumedTokens,
                finished,
                failed,
                stepNanos,
                runNanos,
                formNanos);
    }
}
