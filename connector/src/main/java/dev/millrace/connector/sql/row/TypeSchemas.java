package dev.millrace.connector.sql.row;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.connector.sql.SqlError;
import java.math.BigDecimal;
import java.math.BigInteger;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.LocalZonedTimestampType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.TimeType;
import org.apache.flink.table.types.logical.TimestampType;
import org.apache.flink.table.types.logical.VarCharType;
import org.apache.flink.table.types.logical.utils.LogicalTypeChecks;

/** Makes JSON schemas of SQL types. */
final class TypeSchemas {
    /** The engine writes no more digits behind the point than this. */
    private static final int MAX_FRACTION_DIGITS = 16;

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private TypeSchemas() {}

    /**
     * The schema of a column, or of what is inside of one.
     *
     * @param column where it is, for the refusal
     */
    static ObjectNode of(String column, LogicalType type) {
        ObjectNode schema = ofValue(column, type);
        if (type.isNullable()) {
            ArrayNode types = NODES.arrayNode().add(schema.get("type")).add("null");
            schema.set("type", types);
        }
        return schema;
    }

    private static ObjectNode ofValue(String column, LogicalType type) {
        return switch (type.getTypeRoot()) {
            case CHAR -> characters(type).put("minLength", LogicalTypeChecks.getLength(type));
            case VARCHAR -> characters(type);
            case BOOLEAN -> typed("boolean");
            case TINYINT -> integer(Byte.SIZE);
            case SMALLINT -> integer(Short.SIZE);
            case INTEGER -> integer(Integer.SIZE);
            case BIGINT -> integer(Long.SIZE);
            case FLOAT, DOUBLE -> typed("number");
            case DECIMAL -> decimal((DecimalType) type);
            case DATE -> typed("string").put("format", "date");
            case TIME_WITHOUT_TIME_ZONE -> pattern(TemporalText.time(((TimeType) type)));
            case TIMESTAMP_WITHOUT_TIME_ZONE ->
                    pattern(TemporalText.timestamp(((TimestampType) type).getPrecision(), ""));
            case TIMESTAMP_WITH_LOCAL_TIME_ZONE ->
                    pattern(
                            TemporalText.timestamp(
                                    ((LocalZonedTimestampType) type).getPrecision(), "Z"));
            case ARRAY -> {
                LogicalType element = ((ArrayType) type).getElementType();
                yield typed("array").set("items", of(column + "[]", element));
            }
            case ROW -> row(column, (RowType) type);
            default -> throw refused(column, type);
        };
    }

    private static ObjectNode typed(String type) {
        return NODES.objectNode().put("type", type);
    }

    private static ObjectNode characters(LogicalType type) {
        int length = LogicalTypeChecks.getLength(type);
        ObjectNode schema = typed("string");
        return length == VarCharType.MAX_LENGTH ? schema : schema.put("maxLength", length);
    }

    private static ObjectNode pattern(String pattern) {
        return typed("string").put("pattern", "^" + pattern + "$");
    }

    /** {@code bits} of two's complement. */
    private static ObjectNode integer(int bits) {
        BigInteger half = BigInteger.ONE.shiftLeft(bits - 1);
        return typed("integer")
                .put("minimum", half.negate())
                .put("maximum", half.subtract(BigInteger.ONE));
    }

    private static ObjectNode decimal(DecimalType type) {
        int scale = type.getScale();
        BigInteger most = BigInteger.TEN.pow(type.getPrecision()).subtract(BigInteger.ONE);
        BigDecimal maximum = new BigDecimal(most, scale);
        ObjectNode schema = typed(scale == 0 ? "integer" : "number");
        schema.put("minimum", maximum.negate()).put("maximum", maximum);
        if (scale > 0 && scale < MAX_FRACTION_DIGITS) {
            schema.put("multipleOf", BigDecimal.ONE.movePointLeft(scale));
        }
        return schema;
    }

    private static ObjectNode row(String column, RowType type) {
        ObjectNode properties = NODES.objectNode();
        ArrayNode required = NODES.arrayNode();
        for (RowType.RowField field : type.getFields()) {
            String inner = column.isEmpty() ? field.getName() : column + "." + field.getName();
            properties.set(field.getName(), of(inner, field.getType()));
            required.add(field.getName());
        }
        ObjectNode schema = typed("object");
        schema.set("properties", properties);
        schema.set("required", required);
        return schema.put("additionalProperties", false);
    }

    private static RuntimeException refused(String column, LogicalType type) {
        return SqlError.COLUMN_TYPE.refusal(
                "Column '"
                        + column
                        + "' has the type "
                        + type.asSummaryString()
                        + ", which no answer can be forced into. Supported types are STRING, VARCHAR(n), CHAR(n), BOOLEAN,"
                        + " TINYINT, SMALLINT, INT, BIGINT, FLOAT, DOUBLE, DECIMAL(p, s), DATE, TIME(p), TIMESTAMP(p),"
                        + " TIMESTAMP_LTZ(p), ARRAY and ROW of these. Declare the column with one of them and cast it in the"
                        + " query.");
    }
}
