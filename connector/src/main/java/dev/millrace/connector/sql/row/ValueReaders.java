package dev.millrace.connector.sql.row;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.RoundingMode;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;

/** Makes the {@link ValueReader}s of the types that {@link TypeSchemas} has schemas for. */
final class ValueReaders {
    private static final long NANOS_PER_MILLI = 1_000_000;

    private ValueReaders() {}

    static ValueReader of(LogicalType type) {
        ValueReader reader = ofValue(type);
        return node -> node.isNull() ? null : reader.read(node);
    }

    private static ValueReader ofValue(LogicalType type) {
        return switch (type.getTypeRoot()) {
            case CHAR, VARCHAR -> text(StringData::fromString);
            case BOOLEAN -> JsonNode::booleanValue;
            case TINYINT -> node -> (byte) node.intValue();
            case SMALLINT -> node -> (short) node.intValue();
            case INTEGER -> JsonNode::intValue;
            case BIGINT -> JsonNode::longValue;
            case FLOAT -> node -> Float.parseFloat(node.asText());
            case DOUBLE -> node -> Double.parseDouble(node.asText());
            case DECIMAL -> decimal((DecimalType) type);
            case DATE -> text(text -> (int) LocalDate.parse(text).toEpochDay());
            case TIME_WITHOUT_TIME_ZONE ->
                    text(text -> (int) (LocalTime.parse(text).toNanoOfDay() / NANOS_PER_MILLI));
            case TIMESTAMP_WITHOUT_TIME_ZONE ->
                    text(text -> TimestampData.fromLocalDateTime(LocalDateTime.parse(text)));
            case TIMESTAMP_WITH_LOCAL_TIME_ZONE ->
                    text(text -> TimestampData.fromInstant(java.time.Instant.parse(text)));
            case ARRAY -> array(of(((ArrayType) type).getElementType()));
            case ROW -> row((RowType) type);
            default -> throw new IllegalArgumentException("No schema, so no reader: " + type);
        };
    }

    private static ValueReader text(Function<String, Object> read) {
        return node -> read.apply(node.textValue());
    }

    private static ValueReader decimal(DecimalType type) {
        int precision = type.getPrecision();
        int scale = type.getScale();
        return node ->
                DecimalData.fromBigDecimal(
                        node.decimalValue().setScale(scale, RoundingMode.UNNECESSARY),
                        precision,
                        scale);
    }

    private static ValueReader array(ValueReader element) {
        return node -> {
            Object[] values = new Object[node.size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = element.read(node.get(i));
            }
            return new GenericArrayData(values);
        };
    }

    private static ValueReader row(RowType type) {
        List<String> names = type.getFieldNames();
        List<ValueReader> readers = new ArrayList<>();
        type.getChildren().forEach(child -> readers.add(of(child)));
        return node -> {
            GenericRowData row = new GenericRowData(names.size());
            for (int i = 0; i < names.size(); i++) {
                row.setField(i, readers.get(i).read(node.get(names.get(i))));
            }
            return row;
        };
    }
}
