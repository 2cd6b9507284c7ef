package dev.millrace.connector;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.engine.AnswerFormat;
import dev.millrace.engine.Problem;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;

/**
 * The JSON that answers are forced into so that they fit an Avro record: plain JSON, not Avro's own encoding of it. All fields are
 * there, in order; null stands for itself, and other branches of a union are told apart by their kind of JSON.
 *
 * <p>Thread-safety: none; one for each schema.
 */
final class AvroForm {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final String CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]";

    /** As fine as the engine counts multiples. */
    private static final int MAX_SCALE = 4;

    private static final int MAX_WHOLE_DIGITS = 15;

    private final ObjectNode definitions = JSON.objectNode();

    private AvroForm() {}

    /**
     * Reads the record that answers are to fit.
     *
     * @param fileOrJson the schema itself, which begins with a brace, or the file that holds it
     * @throws InvalidJobException if it cannot be read, or is no record that JSON can have
     */
    static Schema read(String fileOrJson) {
        boolean json = fileOrJson.stripLeading().startsWith("{");
        try {
            Schema schema =
                    AvroSchemas.parse(json ? fileOrJson : Files.readString(Path.of(fileOrJson)));
            return AvroSchemas.requireRecord(schema, JobOption.SAMPLING_AVRO_SCHEMA.key());
        } catch (IOException | AvroRuntimeException e) {
            throw Settings.invalid(
                    JobOption.SAMPLING_AVRO_SCHEMA.key(),
                    "'" + fileOrJson + "', which cannot be read",
                    "a file with an Avro schema, or the schema itself");
        }
    }

    /** The form of answers that fit {@code schema}. */
    static AnswerFormat.JsonSchema of(Schema schema) {
        AvroForm form = new AvroForm();
        ObjectNode root = form.type(schema, schema.getName());
        if (!form.definitions.isEmpty()) {
            root.set("$defs", form.definitions);
        }
        return new AnswerFormat.JsonSchema(root.toString());
    }

    private ObjectNode type(Schema schema, String where) {
        LogicalType logical = schema.getLogicalType();
        if (logical != null) {
            return logical(schema, logical, where);
        }
        return switch (schema.getType()) {
            case RECORD -> named(schema, where);
            case ENUM -> symbols(schema);
            case ARRAY ->
                    typed("array").set("items", type(schema.getElementType(), where + ", items"));
            case MAP ->
                    typed("object")
                            .set(
                                    "additionalProperties",
                                    type(schema.getValueType(), where + ", values"));
            case UNION -> union(schema, where);
            case INT -> integer(Integer.MIN_VALUE, Integer.MAX_VALUE);
            case LONG -> integer(Long.MIN_VALUE, Long.MAX_VALUE);
            case FLOAT, DOUBLE -> typed("number");
            case STRING -> typed("string");
            case BOOLEAN -> typed("boolean");
            case NULL -> typed("null");
            case BYTES, FIXED -> throw refused(where, schema.getType().getName());
        };
    }

    /** A type with a name is defined once, so that it may contain itself. */
    private ObjectNode named(Schema schema, String where) {
        String name = schema.getFullName();
        if (!definitions.has(name)) {
            ObjectNode record = definitions.putObject(name).put("type", "object");
            ObjectNode properties = record.putObject("properties");
            ArrayNode required = record.putArray("required");
            for (Schema.Field field : schema.getFields()) {
                properties.set(field.name(), type(field.schema(), where + "." + field.name()));
                required.add(field.name());
            }
            record.put("additionalProperties", false);
        }
        return JSON.objectNode().put("$ref", "#/$defs/" + name);
    }

    private static ObjectNode symbols(Schema schema) {
        ObjectNode type = JSON.objectNode();
        ArrayNode symbols = type.putArray("enum");
        schema.getEnumSymbols().forEach(symbols::add);
        return type;
    }

    private ObjectNode union(Schema schema, String where) {
        Set<AvroAnswer.Kind> kinds = EnumSet.noneOf(AvroAnswer.Kind.class);
        ObjectNode type = JSON.objectNode();
        ArrayNode options = type.putArray("anyOf");
        for (Schema branch : schema.getTypes()) {
            if (!kinds.add(AvroAnswer.Kind.of(branch))) {
                throw refused(where, "a union with two branches that are the same kind of JSON");
            }
            options.add(type(branch, where));
        }
        return type;
    }

    private static ObjectNode logical(Schema schema, LogicalType logical, String where) {
        if (logical instanceof LogicalTypes.Decimal decimal) {
            return decimal(decimal, where);
        }
        return switch (logical.getName()) {
            case "date" -> typed("string").put("format", "date");
            case "uuid" -> {
                if (schema.getType() != Schema.Type.STRING) {
                    throw refused(where, "a uuid of type " + schema.getType().getName());
                }
                yield typed("string").put("format", "uuid");
            }
            case "time-millis" -> typed("string").put("pattern", clock(3));
            case "time-micros" -> typed("string").put("pattern", clock(6));
            case "timestamp-millis", "timestamp-micros" ->
                    typed("string").put("format", "date-time");
            case "local-timestamp-millis", "local-timestamp-micros" ->
                    typed("string").put("format", "date-time").put("pattern", "Z$");
            default -> throw refused(where, "the logical type " + logical.getName());
        };
    }

    private static String clock(int digits) {
        return "^" + CLOCK + "(\\.[0-9]{1," + digits + "})?$";
    }

    private static ObjectNode decimal(LogicalTypes.Decimal decimal, String where) {
        int whole = decimal.getPrecision() - decimal.getScale();
        if (decimal.getScale() > MAX_SCALE || whole > MAX_WHOLE_DIGITS) {
            throw refused(
                    where,
                    "a decimal of precision "
                            + decimal.getPrecision()
                            + " and scale "
                            + decimal.getScale());
        }
        BigDecimal step = BigDecimal.ONE.movePointLeft(decimal.getScale());
        BigDecimal most = BigDecimal.ONE.movePointRight(whole).subtract(step);
        return typed("number")
                .put("minimum", most.negate())
                .put("maximum", most)
                .put("multipleOf", step);
    }

    private static ObjectNode integer(long min, long max) {
        return typed("integer").put("minimum", min).put("maximum", max);
    }

    private static ObjectNode typed(String type) {
        return JSON.objectNode().put("type", type);
    }

    private static InvalidJobException refused(String where, String given) {
        return new InvalidJobException(
                new Problem(
                        JobError.INVALID_SCHEMA,
                        JobOption.SAMPLING_AVRO_SCHEMA.key() + ", " + where,
                        given,
                        "null, boolean, int, long, float, double, string, enum, array, map, record, unions of different"
                                + " kinds, and decimal (scale up to 4, 15 digits before the point), date, time, timestamp"
                                + " and uuid of strings",
                        "Use another type for answers"));
    }
}
