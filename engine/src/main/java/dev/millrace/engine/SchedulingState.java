package dev.millrace.engine;

import dev.millrace.engine.grammar.GrammarState;

/**
 * What the scheduler keeps with a sequence.
 *
 * <p>Thread-safety: none; filled at submission, then owned by the engine thread.
 */
final class SchedulingState {
    /** The request that the sequence is one output of. */
    ActiveRequest request;

    StopChecker stops;

    /** Most tokens of prompt and answer together; the last one is never computed. */
    int maxTokens;

    /** Rows of the rotation table before the sequence's. */
    int ropeOffset;

    /** Tokens counted as waiting until the sequence runs for the first time. */
    int waitingTokens;

    /** Number by arrival; survives preemption. */
    long arrival;

    long queuedNanos;

    /** Hash of the first block of the prompt. */
    long groupKey;

    /** Whether the sequence stands in the sorted part of the waiting queue. */
    boolean queued;

    boolean running;

    /** Leading blocks of the block table that have a prefix id. */
    int numIdentifiedBlocks;

    /** Null while tokens are still to come. */
    FinishReason finishReason;

    /** The answer's place in its form; null if it has none. */
    GrammarState form() {
        return stops == null ? null : stops.form();
    }

    /** Id of the empty prefix: keys that were turned otherwise are not shared. */
    long prefixRoot() {
        return ropeOffset == 0 ? PrefixCache.ROOT : PrefixCache.LONG_ROOT;
    }

    boolean isFinished() {
        return finishReason != null;
    }
}
