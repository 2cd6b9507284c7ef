package dev.millrace.connector;

import dev.millrace.engine.Problem;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.generic.IndexedRecord;

/**
 * Text in which {@code {{field}}} stands for the value of a record's field. What a record puts in is never read as a
 * template again.
 */
record PromptTemplate(List<Part> parts) implements Serializable {
    private static final String OPEN = "{{";
    private static final String CLOSE = "}}";

    /** A piece of a template. */
    sealed interface Part extends Serializable {

        /** Stands for itself. */
        record Literal(String text) implements Part {}

        /** Stands for a field's value. */
        record Field(FieldPath path) implements Part {}
    }

    PromptTemplate {
        parts = List.copyOf(parts);
    }

    /**
     * Parses a template.
     *
     * @param where the option it comes from
     * @throws InvalidJobException if a brace is not closed or a field has no name
     */
    static PromptTemplate parse(String text, String where) {
        List<Part> parts = new ArrayList<>();
        int from = 0;
        for (int open = text.indexOf(OPEN); open >= 0; open = text.indexOf(OPEN, from)) {
            int close = text.indexOf(CLOSE, open);
            if (close < 0) {
                throw invalid(where, "'{{' without '}}' at character " + (open + 1));
            }
            String name = text.substring(open + OPEN.length(), close).strip();
            if (!name.matches("[^\\s{}.]+(\\.[^\\s{}.]+)*")) {
                throw invalid(where, "'{{" + name + "}}' at character " + (open + 1));
            }
            parts.add(new Part.Literal(text.substring(from, open)));
            parts.add(new Part.Field(FieldPath.parse(name)));
            from = close + CLOSE.length();
        }
        parts.add(new Part.Literal(text.substring(from)));
        return new PromptTemplate(parts);
    }

    private static InvalidJobException invalid(String where, String given) {
        return new InvalidJobException(
                new Problem(
                        JobError.INVALID_TEMPLATE,
                        where,
                        given,
                        "text with fields as {{name}} or {{outer.inner}}",
                        "Mend the template"));
    }

    /**
     * Checks that records of the schema can fill the template.
     *
     * @throws InvalidJobException if a field is unknown or holds what has no obvious text
     */
    void check(Schema schema, String where) {
        for (Part part : parts) {
            if (part instanceof Part.Field field) {
                requireText(field.path(), field.path().type(schema, where), where);
            }
        }
    }

    private static void requireText(FieldPath path, Schema type, String where) {
        boolean text =
                switch (type.getType()) {
                    case STRING, ENUM, INT, LONG, FLOAT, DOUBLE, BOOLEAN -> true;
                    case BYTES, FIXED, ARRAY, MAP, RECORD, NULL -> false;
                    case UNION -> {
                        type.getTypes().forEach(branch -> requireTextOrNull(path, branch, where));
                        yield true;
                    }
                };
        if (!text) {
            throw new InvalidJobException(
                    new Problem(
                            JobError.UNKNOWN_FIELD,
                            where + ", field " + path,
                            "a field of type " + type.getType().getName(),
                            "a string, enum, number or boolean",
                            "Name a field inside it, or another field"));
        }
    }

    private static void requireTextOrNull(FieldPath path, Schema branch, String where) {
        if (branch.getType() != Schema.Type.NULL) {
            requireText(path, branch, where);
        }
    }

    /**
     * The text for a record.
     *
     * @throws dev.millrace.engine.InvalidRequestException if a field is null or missing
     */
    String render(IndexedRecord record) {
        StringBuilder text = new StringBuilder();
        for (Part part : parts) {
            if (part instanceof Part.Literal literal) {
                text.append(literal.text());
            } else if (part instanceof Part.Field field) {
                text.append(field.path().requiredValue(record));
            }
        }
        return text.toString();
    }
}
