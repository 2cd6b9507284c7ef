package dev.millrace.connector.sql.table;

import dev.millrace.connector.sql.SqlError;
import dev.millrace.connector.sql.model.SqlModelReader;
import dev.millrace.operator.FailureFunction;
import dev.millrace.operator.LlmSpec;
import dev.millrace.operator.OnEngineFailure;
import dev.millrace.operator.OperatorOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.streaming.connectors.kafka.table.KafkaConnectorOptions;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedCatalogTable;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.types.RowKind;

/**
 * What a {@code millrace-kafka} table declares: which of its columns are answers, and what the model makes of the others.
 *
 * <p>Thread-safety: immutable.
 */
final class AnsweredTable {
    private final DynamicTableFactory.Context context;
    private final Configuration options;
    private final AnswerColumns columns;
    private final RowTask task;

    private AnsweredTable(
            DynamicTableFactory.Context context,
            Configuration options,
            AnswerColumns columns,
            RowTask task) {
        this.context = context;
        this.options = options;
        this.columns = columns;
        this.task = task;
    }

    /**
     * Reads columns and options.
     *
     * @throws org.apache.flink.table.api.ValidationException if they do not fit
     */
    static AnsweredTable of(DynamicTableFactory.Context context, SqlModelReader models) {
        Configuration options = Configuration.fromMap(context.getCatalogTable().getOptions());
        AnswerColumns columns =
                AnswerColumns.of(
                        context.getPhysicalRowDataType(), options.get(TableOptions.OUTPUT_COLUMNS));
        RowTask task =
                RowTask.of(
                        TableOptions.model(
                                models,
                                context.getObjectIdentifier().getObjectName(),
                                context.getCatalogTable().getOptions(),
                                columns));
        return new AnsweredTable(context, options, columns, task);
    }

    DataType physicalType() {
        return context.getPhysicalRowDataType();
    }

    boolean isAnswer(String column) {
        return columns.isAnswer(column);
    }

    /** Begins the names of the operators' states. */
    String uid() {
        return options.getOptional(TableOptions.UID)
                .orElse(context.getObjectIdentifier().asSummaryString());
    }

    boolean hasDeadLetters() {
        return options.contains(TableOptions.DEAD_LETTER_TOPIC);
    }

    /** The table as it is in Kafka. */
    DynamicTableFactory.Context withoutAnswers() {
        ResolvedSchema schema = context.getCatalogTable().getResolvedSchema();
        List<Column> kept =
                schema.getColumns().stream().filter(column -> !isAnswer(column.getName())).toList();
        ResolvedSchema narrow =
                new ResolvedSchema(kept, List.of(), schema.getPrimaryKey().orElse(null), List.of());
        return new KafkaTableContext(
                context, new ResolvedCatalogTable(context.getCatalogTable().getOrigin(), narrow));
    }

    /** The table in two topics, its own and that of the dead letters. */
    DynamicTableFactory.Context withDeadLetterTopic() {
        List<String> topics =
                new ArrayList<>(
                        options.getOptional(KafkaConnectorOptions.TOPIC)
                                .orElseThrow(
                                        () ->
                                                SqlError.CONFLICTING_OPTIONS.refusal(
                                                        "Option 'llm.dead-letter-topic' needs 'topic', not 'topic-pattern'.")));
        topics.add(options.get(TableOptions.DEAD_LETTER_TOPIC));
        Map<String, String> changed = new HashMap<>(context.getCatalogTable().getOptions());
        changed.put(KafkaConnectorOptions.TOPIC.key(), String.join(";", topics));
        return new KafkaTableContext(context, context.getCatalogTable().copy(changed));
    }

    /** Rows that could not be answered must go somewhere, and an answer cannot be taken back. */
    void requireForReading(ChangelogMode mode) {
        if (!mode.containsOnly(RowKind.INSERT)) {
            throw SqlError.QUERY.refusal(
                    "The format of the table '%s' produces updates, and an answer cannot be taken back. Use an insert-only format."
                            .formatted(context.getObjectIdentifier().asSummaryString()));
        }
        if (!task.showsErrors() && !task.failsOver()) {
            throw unanswered(
                    "Tables that are read have no dead letters: the planner takes one stream of a source.");
        }
    }

    /** As {@link #requireForReading}; and answers that are delivered exactly once need checkpoints, with which they are committed. */
    void requireForWriting() {
        requireCheckpoints();
        if (task.failsOver() && hasDeadLetters()) {
            throw SqlError.CONFLICTING_OPTIONS.refusal(
                    "Options 'llm.dead-letter-topic' and 'llm.error-handling-strategy' = 'failover' exclude each other. Leave one of them out.");
        }
        if (!task.showsErrors() && !task.failsOver() && !hasDeadLetters()) {
            throw unanswered("Or name a topic by 'llm.dead-letter-topic'.");
        }
    }

    private void requireCheckpoints() {
        ReadableConfig session = context.getConfiguration();
        Duration interval =
                session.getOptional(CheckpointingOptions.CHECKPOINTING_INTERVAL)
                        .orElse(Duration.ZERO);
        boolean exactlyOnce =
                options.get(KafkaConnectorOptions.DELIVERY_GUARANTEE)
                        == DeliveryGuarantee.EXACTLY_ONCE;
        boolean batch = session.get(ExecutionOptions.RUNTIME_MODE) == RuntimeExecutionMode.BATCH;
        if (exactlyOnce && !batch && interval.isZero()) {
            throw SqlError.CONFLICTING_OPTIONS.refusal(
                    ("Option 'sink.delivery-guarantee' = 'exactly-once' of the table '%s' needs checkpoints, as answers are committed with them,"
                                    + " but checkpointing is disabled. Run SET 'execution.checkpointing.interval' = '10 s'; or choose"
                                    + " 'at-least-once'.")
                            .formatted(context.getObjectIdentifier().asSummaryString()));
        }
    }

    private RuntimeException unanswered(String more) {
        return SqlError.MISSING_OPTION.refusal(
                ("The table '%s' has no place for rows that cannot be answered. Add a column 'error_code STRING' to the table and to"
                                + " 'llm.output-columns', or set 'llm.error-handling-strategy' to 'failover'. %s")
                        .formatted(context.getObjectIdentifier().asSummaryString(), more));
    }

    /** What the operator of a table that is read is told. */
    LlmSpec<RowData, RowData> spec(DataType kafkaType, DataType producedType, RowId id) {
        RowType in = (RowType) kafkaType.getLogicalType();
        RowAnswer answer = RowAnswer.of(in, (RowType) producedType.getLogicalType(), columns, task);
        return spec(in, id, answer, task.failsOver() ? new JobFailure() : answer);
    }

    /**
     * What the operator of a table that is written is told.
     *
     * @param keys Kafka's metadata at the end of written rows
     */
    LlmSpec<RowData, RowData> spec(DataType consumedType, DataType writtenType, List<String> keys) {
        RowType in = (RowType) consumedType.getLogicalType();
        RowType out = (RowType) writtenType.getLogicalType();
        RowAnswer answer = RowAnswer.of(in, out, columns, task);
        if (!hasDeadLetters()) {
            return spec(in, id(in), answer, task.failsOver() ? new JobFailure() : answer);
        }
        int metadata = out.getFieldCount() - keys.size();
        int topic = metadata + keys.indexOf("topic");
        boolean ours = out.getFieldNames().get(topic).equals(hidden("topic"));
        String written = ours ? options.get(KafkaConnectorOptions.TOPIC).get(0) : null;
        return spec(
                in,
                id(in),
                answer.inTopic(topic, written),
                new DeadLetterRow(
                        answer,
                        options.get(TableOptions.DEAD_LETTER_TOPIC),
                        topic,
                        metadata + keys.indexOf("headers")));
    }

    private RowId id(RowType in) {
        return options.getOptional(TableOptions.ID_COLUMN)
                .<RowId>map(
                        column -> {
                            columns.requireInput(TableOptions.ID_COLUMN, column);
                            int index = in.getFieldIndex(column);
                            return new RowId.Column(
                                    RowData.createFieldGetter(in.getTypeAt(index), index));
                        })
                .orElseGet(RowId.OfPrompt::new);
    }

    private LlmSpec<RowData, RowData> spec(
            RowType in, RowId id, RowAnswer answer, FailureFunction<RowData, RowData> failure) {
        return new LlmSpec<>(
                task.model().engine(),
                new RowRequest(RowMapping.of(in, columns.inputType()), id, task),
                answer,
                new OperatorOptions(
                        options.get(TableOptions.MAX_IN_FLIGHT),
                        task.model().timeout(),
                        task.model().engineLinger(),
                        options.get(TableOptions.ON_MODEL_CHANGE),
                        OnEngineFailure.EXIT_IF_DEVICE_LOST),
                failure);
    }

    /** Name of a field of Kafka's that the table does not have. */
    static String hidden(String key) {
        return "$millrace$" + key;
    }
}
