package dev.millrace.connector.sql.row;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.connector.StrictJson;
import dev.millrace.engine.AnswerFormat;
import java.util.Objects;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;

/**
 * A SQL row type as a form of answers: its JSON schema, and the reader of what the schema lets through. Both come from the same type, so every
 * text that the engine generates under the schema is a row.
 *
 * <pre>
 * BOOLEAN                         boolean
 * TINYINT … BIGINT                integer in the type's range
 * DECIMAL(p, s)                   number in the type's range with at most s digits behind the point
 * FLOAT, DOUBLE                   number; the nearest float
 * CHAR(n), VARCHAR(n), STRING     string of exactly n, at most n, any number of characters
 * DATE                            string "2024-02-29"
 * TIME(p)                         string "23:59:59.999", at most p (3 at most) digits behind the point
 * TIMESTAMP(p)                    string "2024-02-29T23:59:59.999", at most p digits behind the point
 * TIMESTAMP_LTZ(p)                the same with a Z at its end, the time in UTC
 * ARRAY                           array
 * ROW                             object with all fields, in their order
 * </pre>
 *
 * A nullable type lets null through as well.
 *
 * <p>Thread-safety: immutable; may be used from any thread.
 */
public final class RowSchema {
    private final String schema;
    private final ValueReader reader;

    private RowSchema(String schema, ValueReader reader) {
        this.schema = schema;
        this.reader = reader;
    }

    /**
     * The form of rows of a type.
     *
     * @param type names and types of the columns; a null never stands for a whole row
     * @throws ValidationException if no JSON value can be made for a column's type; it names the column
     */
    public static RowSchema of(RowType type) {
        RowType row = (RowType) type.copy(false);
        JsonNode schema = TypeSchemas.of("", row);
        return new RowSchema(schema.toString(), ValueReaders.of(row));
    }

    /** The JSON schema, draft 2020-12, in one line. */
    public String schema() {
        return schema;
    }

    /** What the engine is given. */
    public AnswerFormat format() {
        return new AnswerFormat.JsonSchema(schema);
    }

    /**
     * The row that an answer stands for.
     *
     * @param answer a text that the schema lets through
     * @throws IllegalArgumentException if it is none
     */
    public RowData read(String answer) {
        try {
            JsonNode value = StrictJson.read(answer);
            return (RowData) Objects.requireNonNull(reader.read(value));
        } catch (JsonProcessingException e) {
            // Without the cause: it quotes the answer.
            throw new IllegalArgumentException("The answer is no JSON");
        }
    }
}
