package dev.millrace.examples;

/**
 * What a quickstart found.
 *
 * @param balance the ledger
 * @param killed whether the TaskManager was killed on the way
 * @param resumedTokens tokens of half-generated answers that were carried on from a checkpoint, not generated again
 * @param tokensPerSecond generated tokens per second while the job ran, recovery included
 * @param secondsToFirstAnswer from the start of the process to the first answer that a reader saw
 * @param seconds from the start of the process to the end of the job
 */
record QuickstartReport(
        Ledger.Balance balance,
        boolean killed,
        long resumedTokens,
        double tokensPerSecond,
        double secondsToFirstAnswer,
        double seconds) {}
