package dev.millrace.connector.sql.table;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.flink.streaming.connectors.kafka.table.KafkaDynamicSink;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.sink.SinkV2Provider;
import org.apache.flink.table.connector.sink.abilities.SupportsWritingMetadata;
import org.apache.flink.table.types.DataType;

/**
 * Asks the model about each row and writes the row with its answers to a topic.
 *
 * <p>With a dead-letter topic one Kafka sink writes both topics, so that answers and dead letters commit together: every row tells it its
 * topic by Kafka's metadata.
 *
 * <p>Thread-safety: none; owned by the planner.
 */
final class AnsweredKafkaSink implements DynamicTableSink, SupportsWritingMetadata {
    private final KafkaDynamicSink plain;
    private final KafkaDynamicSink kafka;
    private final AnsweredTable table;
    private DataType consumedType;
    private List<String> metadataKeys = List.of();

    /**
     * A sink of a table.
     *
     * @param plain Kafka's sink for the table's topic
     * @param kafka Kafka's sink for the table's topic and the dead letters
     */
    AnsweredKafkaSink(KafkaDynamicSink plain, KafkaDynamicSink kafka, AnsweredTable table) {
        this.plain = plain;
        this.kafka = kafka;
        this.table = table;
        this.consumedType = table.physicalType();
    }

    @Override
    public ChangelogMode getChangelogMode(ChangelogMode requestedMode) {
        return ChangelogMode.insertOnly();
    }

    @Override
    public SinkRuntimeProvider getSinkRuntimeProvider(Context context) {
        List<String> keys = new ArrayList<>(metadataKeys);
        if (table.hasDeadLetters()) {
            DeadLetterRow.METADATA.stream()
                    .filter(key -> !metadataKeys.contains(key))
                    .forEach(keys::add);
        }
        DataType writtenType = writtenType(keys);
        KafkaDynamicSink sink = (KafkaDynamicSink) kafka.copy();
        sink.applyWritableMetadata(keys, writtenType);
        return new AnsweredSink(
                (SinkV2Provider) sink.getSinkRuntimeProvider(context),
                table.spec(consumedType, writtenType, keys),
                context.createTypeInformation(writtenType),
                table.uid());
    }

    /** What the planner brings, and those of the metadata {@code keys} that it does not. */
    private DataType writtenType(List<String> keys) {
        Map<String, DataType> known = kafka.listWritableMetadata();
        Stream<DataTypes.Field> added =
                keys.subList(metadataKeys.size(), keys.size()).stream()
                        .map(key -> DataTypes.FIELD(AnsweredTable.hidden(key), known.get(key)));
        return DataTypes.ROW(
                        Stream.concat(DataType.getFields(consumedType).stream(), added).toList())
                .notNull();
    }

    @Override
    public Map<String, DataType> listWritableMetadata() {
        return plain.listWritableMetadata();
    }

    @Override
    public void applyWritableMetadata(List<String> keys, DataType newConsumedType) {
        metadataKeys = List.copyOf(keys);
        consumedType = newConsumedType;
    }

    @Override
    public DynamicTableSink copy() {
        AnsweredKafkaSink copy = new AnsweredKafkaSink(plain, kafka, table);
        copy.consumedType = consumedType;
        copy.metadataKeys = metadataKeys;
        return copy;
    }

    @Override
    public String asSummaryString() {
        return "Kafka table sink with answers of a model";
    }
}
