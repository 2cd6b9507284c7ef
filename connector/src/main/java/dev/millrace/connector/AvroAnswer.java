package dev.millrace.connector;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.Problem;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoField;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;

/** Turns the JSON of {@link AvroForm} into Avro's generic values. */
final class AvroAnswer {

    private AvroAnswer() {}

    /** Kinds of JSON, by which the branches of a union are told apart. */
    enum Kind {
        NULL,
        BOOLEAN,
        NUMBER,
        STRING,
        ARRAY,
        OBJECT;

        static Kind of(Schema schema) {
            LogicalType logical = schema.getLogicalType();
            if (logical != null) {
                return logical instanceof LogicalTypes.Decimal ? NUMBER : STRING;
            }
            return switch (schema.getType()) {
                case NULL -> NULL;
                case BOOLEAN -> BOOLEAN;
                case INT, LONG, FLOAT, DOUBLE -> NUMBER;
                case STRING, ENUM, BYTES, FIXED -> STRING;
                case ARRAY -> ARRAY;
                case RECORD, MAP -> OBJECT;
                case UNION -> throw new IllegalArgumentException("a union inside a union");
            };
        }

        static Kind of(JsonNode node) {
            return switch (node.getNodeType()) {
                case NULL, MISSING -> NULL;
                case BOOLEAN -> BOOLEAN;
                case NUMBER -> NUMBER;
                case STRING, BINARY -> STRING;
                case ARRAY -> ARRAY;
                case OBJECT, POJO -> OBJECT;
            };
        }
    }

    /**
     * Puts the fields of {@code schema} into a record that has them under the same names.
     *
     * @throws InvalidRequestException if the answer does not fit the schema
     */
    static void fill(Schema schema, String answer, GenericRecord record) {
        JsonNode object = JsonAnswer.parse(answer);
        for (Schema.Field field : schema.getFields()) {
            JsonNode value = object.path(field.name());
            try {
                record.put(field.name(), value(field.schema(), value));
            } catch (RuntimeException e) {
                // Dates and decimals have a dozen ways to be wrong; none of them may end the job.
                throw mismatch(field, value);
            }
        }
    }

    private static InvalidRequestException mismatch(Schema.Field field, JsonNode value) {
        return new InvalidRequestException(
                new Problem(
                        RecordError.ANSWER_KEY_MISMATCH,
                        "answer, key " + field.name(),
                        "a JSON " + value.getNodeType() + " that does not fit",
                        "a value of the field's Avro schema",
                        "Report this; the answer was forced into the schema"));
    }

    private static Object value(Schema schema, JsonNode node) {
        LogicalType logical = schema.getLogicalType();
        if (logical != null) {
            return logical instanceof LogicalTypes.Decimal decimal
                    ? decimal(schema, decimal, node.decimalValue())
                    : time(logical.getName(), require(node, Kind.STRING).textValue());
        }
        if (schema.getType() == Schema.Type.UNION) {
            return value(branch(schema, Kind.of(node)), node);
        }
        require(node, Kind.of(schema));
        return switch (schema.getType()) {
            case RECORD -> record(schema, node);
            case ENUM -> symbol(schema, node.textValue());
            case ARRAY -> array(schema, node);
            case MAP -> map(schema, node);
            case STRING -> node.textValue();
            case INT -> node.bigIntegerValue().intValueExact();
            case LONG -> node.bigIntegerValue().longValueExact();
            case FLOAT -> node.floatValue();
            case DOUBLE -> node.doubleValue();
            case BOOLEAN -> node.booleanValue();
            case NULL -> null;
            case UNION, BYTES, FIXED -> throw new IllegalArgumentException(schema.toString());
        };
    }

    private static Schema branch(Schema union, Kind kind) {
        return union.getTypes().stream()
                .filter(branch -> Kind.of(branch) == kind)
                .findFirst()
                .orElseThrow();
    }

    private static JsonNode require(JsonNode node, Kind kind) {
        if (Kind.of(node) != kind || node.isMissingNode()) {
            throw new IllegalArgumentException(node.getNodeType() + " for " + kind);
        }
        return node;
    }

    private static GenericRecord record(Schema schema, JsonNode node) {
        GenericRecord record = new GenericData.Record(schema);
        for (Schema.Field field : schema.getFields()) {
            record.put(field.pos(), value(field.schema(), node.path(field.name())));
        }
        return record;
    }

    private static Object symbol(Schema schema, String symbol) {
        if (!schema.hasEnumSymbol(symbol)) {
            throw new IllegalArgumentException("no such symbol");
        }
        return new GenericData.EnumSymbol(schema, symbol);
    }

    private static List<Object> array(Schema schema, JsonNode node) {
        List<Object> values = new ArrayList<>();
        node.forEach(item -> values.add(value(schema.getElementType(), item)));
        return values;
    }

    private static Map<String, Object> map(Schema schema, JsonNode node) {
        Map<String, Object> values = new LinkedHashMap<>();
        node.properties()
                .forEach(
                        entry ->
                                values.put(
                                        entry.getKey(),
                                        value(schema.getValueType(), entry.getValue())));
        return values;
    }

    /** Big-endian two's complement of the unscaled value, as Avro has it. */
    private static Object decimal(Schema schema, LogicalTypes.Decimal type, BigDecimal value) {
        BigInteger unscaled = value.setScale(type.getScale()).unscaledValue();
        byte[] bytes = unscaled.toByteArray();
        if (schema.getType() == Schema.Type.BYTES) {
            return ByteBuffer.wrap(bytes);
        }
        byte[] padded = new byte[schema.getFixedSize()];
        Arrays.fill(padded, (byte) (unscaled.signum() < 0 ? -1 : 0));
        System.arraycopy(bytes, 0, padded, padded.length - bytes.length, bytes.length);
        return new GenericData.Fixed(schema, padded);
    }

    /** Digits beyond the type's precision are cut. A local timestamp stands with a Z that says nothing. */
    private static Object time(String type, String text) {
        return switch (type) {
            case "date" -> (int) LocalDate.parse(text).toEpochDay();
            case "time-millis" -> LocalTime.parse(text).get(ChronoField.MILLI_OF_DAY);
            case "time-micros" -> LocalTime.parse(text).getLong(ChronoField.MICRO_OF_DAY);
            case "timestamp-millis", "local-timestamp-millis" -> instant(text).toEpochMilli();
            case "timestamp-micros", "local-timestamp-micros" ->
                    ChronoUnit.MICROS.between(Instant.EPOCH, instant(text));
            case "uuid" -> text;
            default -> throw new IllegalArgumentException(type);
        };
    }

    private static Instant instant(String text) {
        return OffsetDateTime.parse(text).toInstant().truncatedTo(ChronoUnit.MICROS);
    }
}
