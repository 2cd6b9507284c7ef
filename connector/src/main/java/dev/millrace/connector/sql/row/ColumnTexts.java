package dev.millrace.connector.sql.row;

import com.fasterxml.jackson.databind.node.TextNode;
import dev.millrace.connector.sql.SqlError;
import java.time.LocalDate;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeFamily;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.RowType;

/**
 * What a prompt shows of a row's columns: strings as they are, numbers and booleans as in JSON, dates and times as ISO 8601 writes them,
 * arrays and rows as JSON.
 *
 * <p>Thread-safety: immutable; may be used from any thread.
 */
public final class ColumnTexts {
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final List<Function<RowData, String>> columns = new ArrayList<>();

    /**
     * The texts of rows of a type.
     *
     * @throws org.apache.flink.table.api.ValidationException if a column has no text
     */
    public ColumnTexts(RowType type) {
        for (int i = 0; i < type.getFieldCount(); i++) {
            RowType.RowField field = type.getFields().get(i);
            RowData.FieldGetter getter = RowData.createFieldGetter(field.getType(), i);
            Function<Object, String> text = plain(field.getName(), field.getType());
            columns.add(
                    row -> {
                        Object value = getter.getFieldOrNull(row);
                        return value == null ? null : text.apply(value);
                    });
        }
    }

    /** Null for a null. */
    public String text(RowData row, int column) {
        return columns.get(column).apply(row);
    }

    private static Function<Object, String> plain(String column, LogicalType type) {
        return switch (type.getTypeRoot()) {
            case CHAR, VARCHAR, BOOLEAN, TINYINT, SMALLINT, INTEGER, BIGINT, FLOAT, DOUBLE ->
                    Object::toString;
            case DECIMAL -> value -> ((DecimalData) value).toBigDecimal().toPlainString();
            case DATE -> value -> LocalDate.ofEpochDay((Integer) value).toString();
            case TIME_WITHOUT_TIME_ZONE ->
                    value -> LocalTime.ofNanoOfDay((Integer) value * NANOS_PER_MILLI).toString();
            case TIMESTAMP_WITHOUT_TIME_ZONE ->
                    value -> ((TimestampData) value).toLocalDateTime().toString();
            case TIMESTAMP_WITH_LOCAL_TIME_ZONE ->
                    value -> ((TimestampData) value).toInstant().toString();
            case ARRAY -> array(json(column + "[]", ((ArrayType) type).getElementType()), type);
            case ROW -> row(column, (RowType) type);
            default ->
                    throw SqlError.INPUT_COLUMNS.refusal(
                            "Column '"
                                    + column
                                    + "' has the type "
                                    + type.asSummaryString()
                                    + ", which has no text for a prompt. Supported are strings, numbers, booleans, dates, times,"
                                    + " timestamps, and ARRAY and ROW of these. Cast it in the query.");
        };
    }

    private static Function<Object, String> json(String column, LogicalType type) {
        Function<Object, String> plain = plain(column, type);
        boolean textual =
                type.is(LogicalTypeFamily.CHARACTER_STRING) || type.is(LogicalTypeFamily.DATETIME);
        Function<Object, String> json =
                textual ? value -> TextNode.valueOf(plain.apply(value)).toString() : plain;
        return value -> value == null ? "null" : json.apply(value);
    }

    private static Function<Object, String> array(
            Function<Object, String> element, LogicalType type) {
        ArrayData.ElementGetter getter =
                ArrayData.createElementGetter(((ArrayType) type).getElementType());
        return value -> {
            ArrayData array = (ArrayData) value;
            List<String> texts = new ArrayList<>();
            for (int i = 0; i < array.size(); i++) {
                texts.add(element.apply(getter.getElementOrNull(array, i)));
            }
            return "[" + String.join(", ", texts) + "]";
        };
    }

    private static Function<Object, String> row(String column, RowType type) {
        List<Function<RowData, String>> members = new ArrayList<>();
        for (int i = 0; i < type.getFieldCount(); i++) {
            RowType.RowField field = type.getFields().get(i);
            RowData.FieldGetter getter = RowData.createFieldGetter(field.getType(), i);
            Function<Object, String> json = json(column + "." + field.getName(), field.getType());
            String key = TextNode.valueOf(field.getName()) + ": ";
            members.add(row -> key + json.apply(getter.getFieldOrNull(row)));
        }
        return value ->
                "{"
                        + String.join(
                                ", ", members.stream().map(m -> m.apply((RowData) value)).toList())
                        + "}";
    }

    /** Whether it is the type of a chat: an array of rows of a role and a content, both strings. */
    public static boolean isMessages(LogicalType type) {
        if (!type.is(LogicalTypeRoot.ARRAY)
                || !(((ArrayType) type).getElementType() instanceof RowType message)) {
            return false;
        }
        return message.getFieldNames().equals(List.of("role", "content"))
                && message.getChildren().stream()
                        .allMatch(child -> child.is(LogicalTypeFamily.CHARACTER_STRING));
    }
}
