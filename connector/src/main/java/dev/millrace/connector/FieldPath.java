package dev.millrace.connector;

import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.Problem;
import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.generic.IndexedRecord;

/**
 * A field of a record, of a record in it, or of a map in it: {@code customer.address.city}.
 *
 * @param names from the outermost record inwards
 */
record FieldPath(List<String> names) implements Serializable {

    FieldPath {
        names = List.copyOf(names);
    }

    static FieldPath parse(String dotted) {
        return new FieldPath(Arrays.asList(dotted.split("\\.", -1)));
    }

    /**
     * The type of the field, null branches left out.
     *
     * @throws InvalidJobException if the schema has no such field
     */
    Schema type(Schema record, String where) {
        Schema type = record;
        for (String name : names) {
            type = inner(withoutNull(type), name, where);
        }
        return withoutNull(type);
    }

    private Schema inner(Schema type, String name, String where) {
        if (type.getType() == Schema.Type.MAP) {
            return type.getValueType();
        }
        if (type.getType() != Schema.Type.RECORD) {
            throw notThere(where, name + " inside a " + type.getType().getName(), "Shorten it");
        }
        Schema.Field field = type.getField(name);
        if (field == null) {
            List<String> known = type.getFields().stream().map(Schema.Field::name).toList();
            String remedy =
                    Nearest.to(name, known)
                            .map(near -> "Did you mean '" + near + "'?")
                            .orElse("The schema has " + String.join(", ", known));
            throw notThere(where, name + ", which the schema does not have", remedy);
        }
        return field.schema();
    }

    private InvalidJobException notThere(String where, String given, String remedy) {
        return new InvalidJobException(
                new Problem(
                        JobError.UNKNOWN_FIELD,
                        where + ", field " + this,
                        given,
                        "a field of the records",
                        remedy));
    }

    /** The only branch beside null where there is one. */
    static Schema withoutNull(Schema type) {
        if (type.getType() != Schema.Type.UNION) {
            return type;
        }
        List<Schema> branches =
                type.getTypes().stream()
                        .filter(branch -> branch.getType() != Schema.Type.NULL)
                        .toList();
        return branches.size() == 1 ? branches.get(0) : type;
    }

    /** The field's value; empty if it or what holds it is null or missing. */
    Optional<Object> value(IndexedRecord record) {
        Object value = record;
        for (String name : names) {
            value = inner(value, name);
        }
        return Optional.ofNullable(value);
    }

    /**
     * The field's value.
     *
     * @throws InvalidRequestException if it is null or missing
     */
    Object requiredValue(IndexedRecord record) {
        return value(record)
                .orElseThrow(
                        () ->
                                new InvalidRequestException(
                                        new Problem(
                                                RecordError.MISSING_FIELD,
                                                "record field " + this,
                                                "null",
                                                "a value, because the prompt needs it",
                                                "Fill the field, or leave it out of the prompt")));
    }

    private static Object inner(Object value, String name) {
        if (value instanceof IndexedRecord record) {
            Schema.Field field = record.getSchema().getField(name);
            return field == null ? null : record.get(field.pos());
        }
        if (value instanceof Map<?, ?> map) {
            // Avro's keys are Utf8, whose equals knows no String.
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                if (entry.getKey().toString().equals(name)) {
                    return entry.getValue();
                }
            }
        }
        return null;
    }

    @Override
    public String toString() {
        return String.join(".", names);
    }
}
