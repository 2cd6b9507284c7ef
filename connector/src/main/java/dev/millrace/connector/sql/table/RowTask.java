package dev.millrace.connector.sql.table;

import dev.millrace.connector.sql.ErrorHandlingStrategy;
import dev.millrace.connector.sql.SqlError;
import dev.millrace.connector.sql.model.SqlModel;
import dev.millrace.connector.sql.model.TaskSettings;
import dev.millrace.connector.sql.row.Answer;
import dev.millrace.connector.sql.row.ColumnTexts;
import dev.millrace.connector.sql.row.MetadataColumn;
import dev.millrace.connector.sql.row.RowSchema;
import dev.millrace.engine.AnswerFormat;
import dev.millrace.engine.Completion;
import dev.millrace.engine.Prompt;
import dev.millrace.engine.SamplingParams;
import dev.millrace.engine.Status;
import dev.millrace.operator.FailedRecord;
import java.io.Serializable;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;

/**
 * What a model's operator asks for a row, and the OUTPUT columns that it makes of the answer.
 *
 * <p>Labels are generated, not scored as by {@code ML_PREDICT}: the operator carries generations, and forces the answer into one of them.
 *
 * <p>Thread-safety: none; each task has its own copy.
 */
final class RowTask implements Serializable {
    private static final long serialVersionUID = 1L;

    private final SqlModel model;
    private final TaskSettings.Generation generation;

    private transient ColumnTexts texts;
    private transient RowSchema schema;

    private RowTask(SqlModel model, TaskSettings.Generation generation) {
        this.model = model;
        this.generation = generation;
    }

    /**
     * The task of a model.
     *
     * @throws org.apache.flink.table.api.ValidationException if the operator cannot do it
     */
    static RowTask of(SqlModel model) {
        if (model.settings() instanceof TaskSettings.Generation generation) {
            return new RowTask(model, generation);
        }
        if (model.settings() instanceof TaskSettings.Labels labels && labels.probability() < 0) {
            SamplingParams greedy =
                    SamplingParams.builder()
                            .temperature(0)
                            .logprobs(model.outputs().has(MetadataColumn.LOGPROB) ? 0 : -1)
                            .format(new AnswerFormat.Choice(labels.labels()))
                            .build();
            return new RowTask(model, new TaskSettings.Generation(greedy, false, false));
        }
        throw SqlError.CONFLICTING_OPTIONS.refusal(
                "Option 'llm.output-columns' names a column for the probability of the label, but a table's labels are generated, not scored. Leave the column out, or use ML_PREDICT with a model.");
    }

    SqlModel model() {
        return model;
    }

    /** Prompt of a row of the INPUT columns. */
    Prompt prompt(RowData row) {
        if (texts == null) {
            texts = new ColumnTexts(model.inputs());
        }
        return model.wholePrompt(row, texts);
    }

    /** Parameters of the request with this id. */
    SamplingParams sampling(String id) {
        return generation.sampling(id);
    }

    /** The OUTPUT columns of an answer. */
    GenericRowData answer(Completion completion) {
        if (schema == null) {
            schema = generation.schema(model.outputs());
        }
        return row(Answer.of(completion.outputs().get(0), completion.usage(), schema));
    }

    /** The OUTPUT columns of a row without an answer. */
    GenericRowData failure(FailedRecord<?> failed) {
        String reason = failed.status() == Status.DEADLINE ? "timeout" : null;
        GenericRowData row = row(new Answer(null, reason, null, null, null));
        set(row, MetadataColumn.ERROR_CODE, failed.code());
        set(row, MetadataColumn.ERROR_MESSAGE, failed.message());
        return row;
    }

    private void set(GenericRowData row, MetadataColumn column, String text) {
        if (model.outputs().has(column)) {
            row.setField(model.outputs().metadata().get(column), StringData.fromString(text));
        }
    }

    private GenericRowData row(Answer answer) {
        return (GenericRowData) model.outputs().row(answer);
    }

    /** Whether rows without an answer can say why. */
    boolean showsErrors() {
        return model.outputs().has(MetadataColumn.ERROR_CODE);
    }

    boolean failsOver() {
        return model.errors() == ErrorHandlingStrategy.FAILOVER;
    }
}
