package dev.millrace.connector.sql.table;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.streaming.connectors.kafka.table.KafkaDynamicSource;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.source.DataStreamScanProvider;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.ScanTableSource;
import org.apache.flink.table.connector.source.abilities.SupportsReadingMetadata;
import org.apache.flink.table.connector.source.abilities.SupportsWatermarkPushDown;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.RowType;

/**
 * Reads a topic and asks the model about each record, right behind the source.
 *
 * <p>Kafka's rows are those of the table without the answers, and with the place of each record behind them: it is the request's id, so
 * that a record has the same random numbers whenever it is read.
 *
 * <p>Thread-safety: none; owned by the planner.
 */
final class AnsweredKafkaSource
        implements ScanTableSource, SupportsReadingMetadata, SupportsWatermarkPushDown {
    /** Kafka's metadata that name a record. */
    static final List<String> PLACE = List.of("topic", "partition", "offset");

    private final KafkaDynamicSource kafka;
    private final AnsweredTable table;
    private DataType producedType;
    private List<String> metadataKeys = List.of();
    private WatermarkStrategy<RowData> watermarks;

    AnsweredKafkaSource(KafkaDynamicSource kafka, AnsweredTable table) {
        this.kafka = kafka;
        this.table = table;
        this.producedType = table.physicalType();
    }

    @Override
    public ChangelogMode getChangelogMode() {
        return ChangelogMode.insertOnly();
    }

    @Override
    public ScanRuntimeProvider getScanRuntimeProvider(ScanContext context) {
        List<String> keys = new ArrayList<>(metadataKeys);
        PLACE.stream().filter(key -> !metadataKeys.contains(key)).forEach(keys::add);
        DataType kafkaType = kafkaType(keys);
        KafkaDynamicSource source = (KafkaDynamicSource) kafka.copy();
        source.applyReadableMetadata(keys, kafkaType);
        RowMapping toTable =
                RowMapping.of(
                        (RowType) kafkaType.getLogicalType(),
                        (RowType) producedType.getLogicalType());
        if (watermarks != null) {
            source.applyWatermark(new MappedWatermarks(watermarks, toTable));
        }
        int place = DataType.getFieldCount(kafkaType) - keys.size();
        return new AnsweredScan(
                (DataStreamScanProvider) source.getScanRuntimeProvider(context),
                table.spec(
                        kafkaType,
                        producedType,
                        new RowId.Place(
                                place + keys.indexOf("topic"),
                                place + keys.indexOf("partition"),
                                place + keys.indexOf("offset"))),
                context.createTypeInformation(producedType),
                table.uid());
    }

    /** What the table has of Kafka, and the metadata {@code keys} at its end. */
    private DataType kafkaType(List<String> keys) {
        Map<String, DataType> known = kafka.listReadableMetadata();
        Stream<DataTypes.Field> columns =
                DataType.getFields(producedType).stream()
                        .filter(field -> !table.isAnswer(field.getName()));
        Stream<DataTypes.Field> added =
                keys.subList(metadataKeys.size(), keys.size()).stream()
                        .map(key -> DataTypes.FIELD(AnsweredTable.hidden(key), known.get(key)));
        return DataTypes.ROW(Stream.concat(columns, added).toList()).notNull();
    }

    @Override
    public Map<String, DataType> listReadableMetadata() {
        return kafka.listReadableMetadata();
    }

    @Override
    public void applyReadableMetadata(List<String> keys, DataType newProducedType) {
        metadataKeys = List.copyOf(keys);
        producedType = newProducedType;
    }

    @Override
    public boolean supportsMetadataProjection() {
        return false;
    }

    @Override
    public void applyWatermark(WatermarkStrategy<RowData> newWatermarks) {
        watermarks = newWatermarks;
    }

    @Override
    public DynamicTableSource copy() {
        AnsweredKafkaSource copy = new AnsweredKafkaSource(kafka, table);
        copy.producedType = producedType;
        copy.metadataKeys = metadataKeys;
        copy.watermarks = watermarks;
        return copy;
    }

    @Override
    public String asSummaryString() {
        return "Kafka table source with answers of a model";
    }
}
