package dev.millrace.connector;

import dev.millrace.engine.Completion;
import dev.millrace.engine.Problem;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;

/**
 * The fields that an answer adds to its record.
 *
 * @param fields by new name, in the file's order
 * @param jsonFields those read from the answer's JSON
 * @param record schema of the record that the answer is forced into, whose fields become the output's; null for none
 * @param n outputs of each answer; above 1 a field of an output is an array
 */
record AnswerFields(
        Map<String, AnswerField> fields, List<JsonField> jsonFields, Schema record, int n)
        implements Serializable {

    AnswerFields {
        fields = new LinkedHashMap<>(fields);
        jsonFields = List.copyOf(jsonFields);
    }

    static AnswerFields from(Settings settings) {
        Map<String, AnswerField> fields = new LinkedHashMap<>();
        settings.group(JobOption.OUTPUT_FIELDS)
                .forEach((name, value) -> fields.put(name, field(name, value)));
        List<JsonField> jsonFields = new ArrayList<>();
        settings.group(JobOption.OUTPUT_JSON_FIELDS)
                .forEach((name, type) -> jsonFields.add(JsonField.parse(name, type)));
        Schema record =
                settings.text(JobOption.SAMPLING_AVRO_SCHEMA).map(AvroForm::read).orElse(null);
        if (fields.isEmpty() && jsonFields.isEmpty() && record == null) {
            fields.put("answer", AnswerField.TEXT);
        }
        int n = settings.integer(JobOption.SAMPLING_N).orElse(1);
        if (n > 1 && (!jsonFields.isEmpty() || record != null)) {
            throw Settings.invalid(
                    JobOption.SAMPLING_N.key(),
                    String.valueOf(n),
                    "1 where output.json-fields or sampling.avro-schema reads the one answer");
        }
        return new AnswerFields(fields, jsonFields, record, n);
    }

    private static AnswerField field(String name, String value) {
        return Settings.choice(
                JobOption.OUTPUT_FIELDS.key() + "." + name, value, AnswerField.class);
    }

    /** Whether the engine must report log-probabilities. */
    boolean needLogprobs() {
        return fields.containsValue(AnswerField.LOGPROB);
    }

    /**
     * The input's fields, then the added ones. Added fields have defaults, so that a job can be given more of them later and
     * the registry still finds its schemas compatible.
     *
     * @throws InvalidJobException if a name is taken or no field name
     */
    Schema outputSchema(Schema input) {
        requireNoRecursion(input);
        List<Schema.Field> all = new ArrayList<>();
        input.getFields().forEach(field -> all.add(new Schema.Field(field, field.schema())));
        fields.forEach((name, field) -> all.add(added(input, name, type(field), false)));
        jsonFields.forEach(
                json ->
                        all.add(
                                added(
                                        input,
                                        json.name(),
                                        Schema.create(json.type().avro()),
                                        json.optional())));
        if (record != null) {
            record.getFields()
                    .forEach(field -> all.add(added(input, field.name(), field.schema(), field)));
        }
        Schema output =
                Schema.createRecord(input.getName(), input.getDoc(), input.getNamespace(), false);
        input.getObjectProps().forEach(output::addProp);
        output.setFields(requireDistinct(all));
        return output;
    }

    private Schema type(AnswerField field) {
        Schema one = Schema.create(field.type());
        return n > 1 && field.perOutput() ? Schema.createArray(one) : one;
    }

    /** A field of the record that answers fit, with its own default or one that keeps old readers going. */
    private static Schema.Field added(Schema input, String name, Schema type, Schema.Field field) {
        Schema.Field plain = added(input, name, type, false);
        return field.hasDefaultValue()
                ? new Schema.Field(name, type, field.doc(), field.defaultVal())
                : plain;
    }

    private static Schema.Field added(Schema input, String name, Schema type, boolean optional) {
        if (input.getField(name) != null) {
            throw new InvalidJobException(
                    new Problem(
                            JobError.FIELD_EXISTS,
                            "output field " + name,
                            "the name of an input field",
                            "a name that the records do not have yet",
                            "Choose another name"));
        }
        try {
            return optional
                    ? new Schema.Field(
                            name,
                            Schema.createUnion(Schema.create(Schema.Type.NULL), type),
                            null,
                            Schema.Field.NULL_DEFAULT_VALUE)
                    : new Schema.Field(name, type, null, zero(type));
        } catch (AvroRuntimeException e) {
            throw Settings.invalid(
                    "output field " + name, "no Avro name", "letters, digits and underscores");
        }
    }

    /** Null for a type without an obvious one. */
    private static Object zero(Schema type) {
        return switch (type.getType()) {
            case STRING -> "";
            case INT, LONG -> 0;
            case DOUBLE -> 0.0;
            case BOOLEAN -> false;
            case ARRAY -> List.of();
            case FLOAT -> 0f;
            case MAP -> Map.of();
            case ENUM -> type.getEnumSymbols().get(0);
            case UNION ->
                    type.getTypes().get(0).getType() == Schema.Type.NULL
                            ? Schema.Field.NULL_DEFAULT_VALUE
                            : null;
            case NULL -> Schema.Field.NULL_DEFAULT_VALUE;
            case BYTES, FIXED, RECORD -> null;
        };
    }

    private static List<Schema.Field> requireDistinct(List<Schema.Field> fields) {
        long distinct = fields.stream().map(Schema.Field::name).distinct().count();
        if (distinct < fields.size()) {
            throw Settings.invalid(
                    JobOption.OUTPUT_JSON_FIELDS.key(),
                    "a name that output.fields has as well",
                    "each name once");
        }
        return fields;
    }

    /** The record inside would keep the old fields under the same name. */
    private static void requireNoRecursion(Schema input) {
        if (AvroSchemas.containsItself(input)) {
            throw new InvalidJobException(
                    new Problem(
                            JobError.INVALID_SCHEMA,
                            "schema " + input.getFullName(),
                            "a record that contains itself",
                            "a record without recursion at its top level",
                            "Put the recursive record into a field"));
        }
    }

    /** Puts the answer's values into the output record. */
    void fill(Completion completion, String model, GenericRecord target) {
        fields.forEach(
                (name, field) ->
                        target.put(
                                name,
                                n > 1 && field.perOutput()
                                        ? field.values(completion)
                                        : field.value(completion, model)));
        if (!jsonFields.isEmpty()) {
            JsonAnswer.fill(jsonFields, completion.text(), target);
        }
        if (record != null) {
            AvroAnswer.fill(record, completion.text(), target);
        }
    }
}
