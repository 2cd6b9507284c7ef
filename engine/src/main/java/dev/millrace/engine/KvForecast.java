package dev.millrace.engine;

/**
 * Predicts how many tokens a sequence will have, for admission: the share of {@code maxTokens} that answers really used
 * lately, with a margin.
 *
 * <p>It starts at the whole of it, when no preemption can happen; it follows what finished answers used, and goes up by
 * a step whenever a sequence is preempted.
 *
 * <p>Thread-safety: none; owned by the engine thread.
 */
final class KvForecast {
    private static final double WEIGHT_OF_LATEST = 1.0 / 32;
    private static final double MARGIN = 0.1;
    private static final double STEP_AFTER_PREEMPTION = 0.1;

    private double usedShare;

    /** A forecast that expects the whole of {@code maxTokens}. */
    KvForecast() {
        this(1);
    }

    /** A forecast that starts with the given share. */
    KvForecast(double usedShare) {
        this.usedShare = usedShare;
    }

    /** Tokens that the sequence will have at its end. */
    int expectedTokens(Sequence sequence) {
        int tokens = sequence.numTokensWithUnread();
        int remaining = sequence.scheduling.maxTokens - tokens;
        return tokens + (int) Math.ceil(Math.min(1, usedShare + MARGIN) * remaining);
    }

    /** An answer has ended by itself. */
    void observeFinished(Sequence sequence) {
        if (!sequence.draws()) {
            return;
        }
        double allowed = sequence.scheduling.maxTokens - sequence.numPromptTokens;
        usedShare += WEIGHT_OF_LATEST * (sequence.numGeneratedTokens() / allowed - usedShare);
    }

    void observePreemption() {
        usedShare = Math.min(1, usedShare + STEP_AFTER_PREEMPTION);
    }
}
