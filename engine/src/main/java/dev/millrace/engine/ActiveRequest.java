package dev.millrace.engine;

import java.util.List;

/**
 * A submitted request while the engine has it: its sequences, its times, and which of them lead or follow.
 *
 * <p>With several sequences the first one that needs computing leads: the others follow when the whole prompt is
 * computed, and take over its blocks.
 *
 * <p>Thread-safety: none; made by the submitting thread, then owned by the engine thread.
 */
final class ActiveRequest {
    /** Deadline of a request without one. */
    static final long NO_DEADLINE = Long.MAX_VALUE;

    final String id;
    final PendingAnswer<?> answer;
    final List<Sequence> sequences;
    final long submittedNanos;
    final long deadlineNanos;
    final int resumedTokens;

    /** Number by arrival at the engine thread. */
    long arrival;

    /** Why the request cannot be completed; null as long as it can. */
    Problem failure;

    long firstScheduledNanos = -1;
    long firstTokenNanos = -1;
    long endedNanos;
    int cachedPromptTokens;

    /** Whether the followers stand in the waiting queue. */
    boolean followersReady;

    private int nextSequence;

    ActiveRequest(
            String id,
            PendingAnswer<?> answer,
            List<Sequence> sequences,
            long submittedNanos,
            long deadlineNanos) {
        this.id = id;
        this.answer = answer;
        this.sequences = sequences;
        this.submittedNanos = submittedNanos;
        this.deadlineNanos = deadlineNanos;
        int resumed = 0;
        for (Sequence sequence : sequences) {
            sequence.scheduling.request = this;
            resumed += sequence.numGeneratedTokens();
        }
        resumedTokens = resumed;
    }

    /** The next sequence that was never scheduled; null if there is none. */
    Sequence peekFollower() {
        while (nextSequence < sequences.size()
                && sequences.get(nextSequence).scheduling.isFinished()) {
            nextSequence++;
        }
        return nextSequence < sequences.size() ? sequences.get(nextSequence) : null;
    }

    void removeFollower() {
        nextSequence++;
    }

    /** A running sequence whose blocks hold the whole prompt; null if there is none. */
    Sequence donor() {
        for (int i = 0; i < sequences.size(); i++) {
            Sequence sequence = sequences.get(i);
            if (sequence.scheduling.running
                    && sequence.numComputedTokens >= sequence.numPromptTokens) {
                return sequence;
            }
        }
        return null;
    }

    /** Prompt tokens, and the resumed tokens of all sequences. */
    long waitingTokens() {
        long tokens = 0;
        for (Sequence sequence : sequences) {
            tokens += sequence.scheduling.waitingTokens;
        }
        return tokens;
    }

    boolean isFinished() {
        for (int i = 0; i < sequences.size(); i++) {
            if (!sequences.get(i).scheduling.isFinished()) {
                return false;
            }
        }
        return true;
    }

    void finishUnfinished(FinishReason reason) {
        for (Sequence sequence : sequences) {
            if (!sequence.scheduling.isFinished()) {
                sequence.scheduling.finishReason = reason;
            }
        }
    }

    int numPromptTokens() {
        return sequences.get(0).numPromptTokens;
    }
}
