package dev.millrace.connector.sql.table;

import dev.millrace.engine.Completion;
import dev.millrace.operator.FailedRecord;
import dev.millrace.operator.FailureFunction;
import dev.millrace.operator.ResultFunction;
import java.util.List;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.types.logical.RowType;

/**
 * A row with its answers, or with what went wrong in its error columns.
 *
 * @param mapping from a row as it came to one as it leaves
 * @param positions of the OUTPUT columns, in the task's order
 * @param topicField index of the field that names the topic; -1 for none
 * @param topic what it names; null leaves it as it came
 * @param task reads the answers
 */
record RowAnswer(
        RowMapping mapping, List<Integer> positions, int topicField, String topic, RowTask task)
        implements ResultFunction<RowData, RowData>, FailureFunction<RowData, RowData> {

    RowAnswer {
        positions = List.copyOf(positions);
    }

    static RowAnswer of(RowType in, RowType out, AnswerColumns columns, RowTask task) {
        List<Integer> positions =
                columns.outputType().getFieldNames().stream().map(out::getFieldIndex).toList();
        return new RowAnswer(RowMapping.of(in, out), positions, -1, null, task);
    }

    RowAnswer inTopic(int newTopicField, String newTopic) {
        return new RowAnswer(mapping, positions, newTopicField, newTopic, task);
    }

    @Override
    public RowData result(RowData row, Completion completion) {
        return filled(row, task.answer(completion));
    }

    @Override
    public GenericRowData result(FailedRecord<RowData> failed) {
        return filled(failed.record(), task.failure(failed));
    }

    private GenericRowData filled(RowData row, GenericRowData answers) {
        GenericRowData filled = mapping.map(row);
        for (int i = 0; i < positions.size(); i++) {
            filled.setField(positions.get(i), answers.getField(i));
        }
        if (topic != null) {
            filled.setField(topicField, StringData.fromString(topic));
        }
        return filled;
    }
}
