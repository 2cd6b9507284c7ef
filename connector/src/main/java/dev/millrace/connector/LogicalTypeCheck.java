package dev.millrace.connector;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.avro.Schema;

/**
 * Looks for numbers and texts that mean something else to the reader than to the writer. Avro resolves schemas by their underlying types
 * alone: a date would be read as the time of a day, both being an int.
 *
 * <p>Thread-safety: none; one for each pair of schemas.
 */
final class LogicalTypeCheck {
    private final Set<String> seen = new HashSet<>();

    private LogicalTypeCheck() {}

    /** The first field of two records that differs so, and how; empty if there is none. */
    static Optional<String> mismatch(Schema writer, Schema reader) {
        return new LogicalTypeCheck().compare(writer, reader, writer.getName());
    }

    private Optional<String> compare(Schema writer, Schema reader, String where) {
        boolean union = writer.isUnion() || reader.isUnion();
        for (Schema written : branches(writer)) {
            for (Schema read : branches(reader)) {
                // Branches with names are told apart by them.
                boolean mayMeet = !union || !isNamed(written) || sameName(written, read);
                Optional<String> found =
                        mayMeet ? sameKind(written, read, where) : Optional.empty();
                if (found.isPresent()) {
                    return found;
                }
            }
        }
        return Optional.empty();
    }

    private static List<Schema> branches(Schema schema) {
        return schema.isUnion() ? schema.getTypes() : List.of(schema);
    }

    private static boolean isNamed(Schema schema) {
        return schema.getType() == Schema.Type.RECORD || schema.getType() == Schema.Type.FIXED;
    }

    private static boolean sameName(Schema writer, Schema reader) {
        return writer.getName().equals(reader.getName());
    }

    private Optional<String> sameKind(Schema writer, Schema reader, String where) {
        if (writer.getType() != reader.getType()) {
            return Optional.empty();
        }
        String written = meaning(writer);
        String read = meaning(reader);
        if (written != null && read != null && !written.equals(read)) {
            return Optional.of(where + " is a " + written + " there and a " + read + " here");
        }
        return switch (writer.getType()) {
            case RECORD -> fields(writer, reader, where);
            case ARRAY -> compare(writer.getElementType(), reader.getElementType(), where + "[]");
            case MAP -> compare(writer.getValueType(), reader.getValueType(), where + "{}");
            default -> Optional.empty();
        };
    }

    private Optional<String> fields(Schema writer, Schema reader, String where) {
        if (!seen.add(writer.getFullName() + " " + reader.getFullName())) {
            return Optional.empty();
        }
        for (Schema.Field field : reader.getFields()) {
            Schema.Field written = writer.getField(field.name());
            Optional<String> found =
                    written == null
                            ? Optional.empty()
                            : compare(written.schema(), field.schema(), where + "." + field.name());
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    /** Null where the type means what it is. */
    private static String meaning(Schema schema) {
        String name = schema.getProp("logicalType");
        Object scale = schema.getObjectProp("scale");
        return "decimal".equals(name)
                ? "decimal with " + (scale == null ? 0 : scale) + " digits behind the point"
                : name;
    }
}
