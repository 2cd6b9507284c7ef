package dev.millrace.connector.sql;

import dev.millrace.engine.Problem;
import dev.millrace.engine.Usage;
import org.apache.flink.table.data.RowData;

/**
 * What became of a row.
 *
 * @param values the answer's columns; null if there is no answer
 * @param finishReason why it ended; null if it was not begun
 * @param usage token counts; null if they are not known
 * @param logprob of the answer; null if it has none
 * @param problem what is wrong; null if it was answered
 */
record Answer(RowData values, String finishReason, Usage usage, Double logprob, Problem problem) {

    static Answer failed(Problem problem) {
        return new Answer(null, null, null, null, problem);
    }

    static Answer timedOut(Problem problem, Usage usage) {
        return new Answer(null, "timeout", usage, null, problem);
    }
}
