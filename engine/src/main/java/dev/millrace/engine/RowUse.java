package dev.millrace.engine;

/**
 * What the hidden states of a sequence's rows are read for, beside drawing the next token; the row of a token is numbered by its
 * position. The runner reads each of the rows once, in order, though a preempted sequence may compute some of them again.
 *
 * <p>Thread-safety: none; made at submission, then owned by the engine thread.
 */
sealed interface RowUse permits TokenScores, PooledStates {

    /** First row that is read. */
    int firstRow();

    /** Behind the last row that is read. */
    int endRow();
}
