package dev.millrace.connector.sql.row;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.connector.Nearest;
import dev.millrace.connector.StrictJson;
import dev.millrace.connector.sql.ModelOptions;
import dev.millrace.connector.sql.OptionList;
import dev.millrace.connector.sql.SqlError;
import dev.millrace.engine.AnswerFormat;
import dev.millrace.engine.grammar.GrammarException;
import dev.millrace.engine.grammar.Grammars;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.types.logical.RowType;

/**
 * The schema that a model's answers are forced into: that of its columns, those in {@code required-columns} without null, and the one of the
 * option {@code schema}. Whatever the last one says, answers remain rows of the columns.
 */
public record AnswerSchema(Configuration config, RowType columns) {
    private static final String DEFINITIONS = "#/$defs/";

    /**
     * What the engine is given.
     *
     * @throws ValidationException if it cannot be enforced, or no answer could be within {@code max-tokens}
     */
    public AnswerFormat format() {
        RowSchema derived = RowSchema.of(withRequired());
        AnswerFormat format =
                config.getOptional(ModelOptions.SCHEMA)
                        .<AnswerFormat>map(
                                own -> new AnswerFormat.JsonSchema(joined(own, derived.schema())))
                        .orElse(derived.format());
        requireEnforceable(format, config.get(ModelOptions.MAX_TOKENS));
        return format;
    }

    private RowType withRequired() {
        List<String> required = config.getOptional(ModelOptions.REQUIRED_COLUMNS).orElse(List.of());
        List<String> names = columns.getFieldNames();
        boolean all = required.equals(List.of("*"));
        for (String name : required) {
            if (!all && !names.contains(name)) {
                throw OptionList.invalid(
                        ModelOptions.REQUIRED_COLUMNS.key(),
                        name,
                        "'*', or one of the answer's columns "
                                + String.join(", ", names)
                                + Nearest.to(name, names)
                                        .map(nearest -> " (did you mean '" + nearest + "'?)")
                                        .orElse(""));
            }
        }
        List<RowType.RowField> fields = new ArrayList<>();
        for (RowType.RowField field : columns.getFields()) {
            boolean needed = all || required.contains(field.getName());
            fields.add(
                    needed
                            ? new RowType.RowField(field.getName(), field.getType().copy(false))
                            : field);
        }
        return new RowType(false, fields);
    }

    /** The given schema goes into the derived one, whose order of keys holds; its definitions go to where its references lead. */
    private static String joined(String own, String derived) {
        try {
            JsonNode given = StrictJson.read(own);
            if (!(given instanceof ObjectNode schema)) {
                throw unreadable("no JSON object");
            }
            for (JsonNode reference : schema.findValues("$ref")) {
                if (!reference.asText().startsWith(DEFINITIONS)) {
                    throw unreadable("the reference '" + reference.asText() + "'");
                }
            }
            ObjectNode all = (ObjectNode) StrictJson.read(derived);
            JsonNode definitions = schema.remove("$defs");
            if (definitions != null) {
                all.set("$defs", definitions);
            }
            all.putArray("allOf").add(schema);
            return all.toString();
        } catch (JsonProcessingException e) {
            throw unreadable("no JSON: " + e.getOriginalMessage());
        }
    }

    private static ValidationException unreadable(String given) {
        return SqlError.SCHEMA.refusal(
                "Invalid value for option 'schema'. Given is "
                        + given
                        + ", allowed is a JSON schema of the answer, an object with the OUTPUT columns as properties, whose references begin with '#/$defs/'. Mend the schema.");
    }

    /** Refuses a form that cannot be enforced, or whose shortest answer has more than {@code most} tokens. */
    public static void requireEnforceable(AnswerFormat format, int most) {
        int needed;
        try {
            needed = Grammars.sufficientTokens(format);
        } catch (GrammarException e) {
            throw SqlError.SCHEMA.refusal(
                    "The schema of the answers cannot be enforced. " + e.getMessage());
        }
        if (needed > most) {
            throw SqlError.SCHEMA.refusal(
                    "Invalid value for option 'max-tokens'. Given is %d, but the shortest answer may take %d tokens, one for each byte. Set"
                                    .formatted(most, needed)
                            + " 'max-tokens' to at least "
                            + needed
                            + ", or declare fewer columns with shorter names.");
        }
    }
}
