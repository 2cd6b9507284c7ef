package dev.millrace.connector;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.Serializable;
import org.apache.avro.Schema;

/**
 * A key of the answer's JSON object that becomes a field of the output.
 *
 * @param name key and field
 * @param type of the field
 * @param optional the key may be missing or null
 */
record JsonField(String name, Type type, boolean optional) implements Serializable {

    /** Types of a JSON value that Avro has as well. */
    enum Type {
        STRING(Schema.Type.STRING),
        INT(Schema.Type.INT),
        LONG(Schema.Type.LONG),
        DOUBLE(Schema.Type.DOUBLE),
        BOOLEAN(Schema.Type.BOOLEAN);

        private final Schema.Type avro;

        Type(Schema.Type avro) {
            this.avro = avro;
        }

        Schema.Type avro() {
            return avro;
        }

        /** The value as Avro has it; null if it has another type. */
        Object read(JsonNode node) {
            return switch (this) {
                case STRING -> node.textValue();
                case INT ->
                        node.isIntegralNumber() && node.canConvertToInt() ? node.intValue() : null;
                case LONG ->
                        node.isIntegralNumber() && node.canConvertToLong()
                                ? node.longValue()
                                : null;
                case DOUBLE -> node.isNumber() ? node.doubleValue() : null;
                case BOOLEAN -> node.isBoolean() ? node.booleanValue() : null;
            };
        }
    }

    /** {@code type} is a type's name, with {@code ?} behind it for an optional key. */
    static JsonField parse(String name, String type) {
        boolean optional = type.endsWith("?");
        String plain = optional ? type.substring(0, type.length() - 1) : type;
        String where = JobOption.OUTPUT_JSON_FIELDS.key() + "." + name;
        return new JsonField(name, Settings.choice(where, plain, Type.class), optional);
    }
}
