package dev.millrace.connector;

import dev.millrace.engine.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.NameValidator;
import org.apache.avro.Schema;

/** Parses schemas; they only ever meet generic data, so properties such as {@code java-class} name nothing here. */
final class AvroSchemas {

    private AvroSchemas() {}

    /** Default values are not checked: they may be wrong in schemas that others have used for years. */
    static Schema parse(String json) {
        try {
            return new Schema.Parser(NameValidator.UTF_VALIDATOR)
                    .setValidateDefaults(false)
                    .parse(json);
        } catch (StackOverflowError e) {
            throw new AvroRuntimeException("nested too deep", e);
        }
    }

    /** The schema of records in a file. */
    static Schema read(String file) {
        Schema schema;
        try {
            schema = parse(Files.readString(Path.of(file)));
        } catch (IOException e) {
            throw invalid(file, "no readable file", e);
        } catch (AvroRuntimeException e) {
            throw invalid(file, "an invalid schema (" + e.getMessage() + ")", e);
        }
        return requireRecord(schema, file);
    }

    /** Values of a topic are records: templates and output name their fields. */
    static Schema requireRecord(Schema schema, String where) {
        if (schema.getType() != Schema.Type.RECORD) {
            throw invalid(where, "a schema of type " + schema.getType().getName(), null);
        }
        return schema;
    }

    /** Whether a field of the record, however deep, is the record itself. */
    static boolean containsItself(Schema record) {
        Set<Schema> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        return record.getFields().stream()
                .anyMatch(field -> contains(field.schema(), record.getFullName(), seen));
    }

    private static boolean contains(Schema type, String name, Set<Schema> seen) {
        if (!seen.add(type)) {
            return false;
        }
        return switch (type.getType()) {
            case RECORD ->
                    type.getFullName().equals(name)
                            || type.getFields().stream()
                                    .anyMatch(field -> contains(field.schema(), name, seen));
            case UNION -> type.getTypes().stream().anyMatch(one -> contains(one, name, seen));
            case ARRAY -> contains(type.getElementType(), name, seen);
            case MAP -> contains(type.getValueType(), name, seen);
            case NULL, BOOLEAN, INT, LONG, FLOAT, DOUBLE, BYTES, STRING, FIXED, ENUM -> false;
        };
    }

    private static InvalidJobException invalid(String where, String given, Exception cause) {
        return new InvalidJobException(
                new Problem(
                        JobError.INVALID_SCHEMA,
                        "schema " + where,
                        given,
                        "an Avro schema of type record",
                        "Check schema.file and schema.subject"),
                cause);
    }
}
