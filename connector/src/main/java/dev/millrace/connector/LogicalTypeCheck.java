package dev.millrace.connector;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Optional;
import java.util.Set;
import org.apache.avro.Resolver;
import org.apache.avro.Schema;

/**
 * Looks for numbers and texts that mean something else to the reader than to the writer. Avro resolves schemas by their underlying types
 * alone: a date would be read as the time of a day, both being an int.
 *
 * <p>Which types meet is Avro's own word, so that aliases, the branches of unions and promotions are as they are when values are read.
 *
 * <p>Thread-safety: none; one for each pair of schemas.
 */
final class LogicalTypeCheck {
    private final Set<Resolver.Action> seen = Collections.newSetFromMap(new IdentityHashMap<>());

    private LogicalTypeCheck() {}

    /** The first field of two records that differs so, and how; empty if there is none. */
    static Optional<String> mismatch(Schema writer, Schema reader) {
        return new LogicalTypeCheck().find(Resolver.resolve(writer, reader), reader.getName());
    }

    private Optional<String> find(Resolver.Action action, String where) {
        if (action instanceof Resolver.ReaderUnion union) {
            return find(union.actualAction, where);
        }
        if (action instanceof Resolver.WriterUnion union) {
            return branches(union, where);
        }
        if (action instanceof Resolver.RecordAdjust record) {
            return seen.add(record) ? fields(record, where) : Optional.empty();
        }
        if (action instanceof Resolver.Container container) {
            boolean array = container.reader.getType() == Schema.Type.ARRAY;
            return find(container.elementAction, where + (array ? "[]" : "{}"));
        }
        // Types that do not resolve are Avro's to refuse, where a value has them.
        return action instanceof Resolver.ErrorAction
                ? Optional.empty()
                : compare(action.writer, action.reader, where);
    }

    private Optional<String> branches(Resolver.WriterUnion union, String where) {
        for (Resolver.Action action : union.actions) {
            Optional<String> found = find(action, where);
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    private Optional<String> fields(Resolver.RecordAdjust record, String where) {
        int next = 0;
        for (Resolver.Action action : record.fieldActions) {
            if (action instanceof Resolver.Skip) {
                continue; // the reader does not have it
            }
            String field = record.readerOrder[next++].name();
            Optional<String> found = find(action, where + "." + field);
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    private static Optional<String> compare(Schema writer, Schema reader, String where) {
        String written = meaning(writer);
        String read = meaning(reader);
        return written == null || read == null || written.equals(read)
                ? Optional.empty()
                : Optional.of(where + " is a " + written + " there and a " + read + " here");
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
