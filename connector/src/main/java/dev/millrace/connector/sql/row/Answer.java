package dev.millrace.connector.sql.row;

import dev.millrace.engine.Output;
import dev.millrace.engine.Problem;
import dev.millrace.engine.TokenLogprob;
import dev.millrace.engine.Usage;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;

/**
 * What became of a row.
 *
 * @param values the answer's columns; null if there is no answer
 * @param finishReason why it ended; null if it was not begun
 * @param usage token counts; null if they are not known
 * @param logprob of the answer; null if it has none
 * @param problem what is wrong; null if it was answered
 */
public record Answer(
        RowData values, String finishReason, Usage usage, Double logprob, Problem problem) {

    /**
     * Of a generated answer.
     *
     * @param schema reads it; null where it is the one column's text
     */
    public static Answer of(Output output, Usage usage, RowSchema schema) {
        RowData values =
                schema == null
                        ? GenericRowData.of(StringData.fromString(output.text()))
                        : schema.read(output.text());
        Double logprob =
                output.logprobs().isEmpty()
                        ? null
                        : output.logprobs().stream().mapToDouble(TokenLogprob::logprob).sum();
        return new Answer(values, output.finishReason().text(), usage, logprob, null);
    }

    public static Answer failed(Problem problem) {
        return new Answer(null, null, null, null, problem);
    }

    public static Answer timedOut(Problem problem, Usage usage) {
        return new Answer(null, "timeout", usage, null, problem);
    }
}
