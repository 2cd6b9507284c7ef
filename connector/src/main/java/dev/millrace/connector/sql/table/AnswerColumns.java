package dev.millrace.connector.sql.table;

import dev.millrace.connector.Nearest;
import dev.millrace.connector.sql.SqlError;
import dev.millrace.connector.sql.row.ColumnTexts;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.RowType;

/**
 * Which columns of a table the model fills.
 *
 * <p>Thread-safety: immutable.
 */
final class AnswerColumns {
    private final RowType inputType;
    private final RowType outputType;

    private AnswerColumns(RowType inputType, RowType outputType) {
        this.inputType = inputType;
        this.outputType = outputType;
    }

    /**
     * Divides a table's physical columns.
     *
     * @param outputs names of those that the model fills
     * @throws ValidationException if one of them is not there or cannot be null
     */
    static AnswerColumns of(DataType physicalType, List<String> outputs) {
        RowType all = (RowType) physicalType.getLogicalType();
        List<RowType.RowField> outputFields = new ArrayList<>();
        for (String name : outputs) {
            requireColumn(TableOptions.OUTPUT_COLUMNS, name, all);
            RowType.RowField field = all.getFields().get(all.getFieldIndex(name));
            if (!field.getType().isNullable()) {
                throw SqlError.OUTPUT_COLUMNS.refusal(
                        "The column '%s' is filled by the model and comes as NULL, so it must not be NOT NULL. Declare it as '%s'."
                                .formatted(name, field.getType().copy(true)));
            }
            outputFields.add(field);
        }
        Set<String> names = Set.copyOf(outputs);
        if (names.size() < outputs.size()) {
            throw SqlError.INVALID_OPTION.refusal(
                    "Option 'llm.output-columns' names a column twice: %s.".formatted(outputs));
        }
        List<RowType.RowField> inputFields =
                all.getFields().stream()
                        .filter(field -> !names.contains(field.getName()) && hasText(field))
                        .collect(Collectors.toList());
        return new AnswerColumns(new RowType(inputFields), new RowType(outputFields));
    }

    /** Columns of other types may be in a table; they only come along. */
    private static boolean hasText(RowType.RowField field) {
        try {
            ColumnTexts unused = new ColumnTexts(new RowType(List.of(field)));
            return true;
        } catch (ValidationException e) {
            return false;
        }
    }

    private static void requireColumn(ConfigOption<?> option, String name, RowType type) {
        if (type.getFieldIndex(name) < 0) {
            throw SqlError.INVALID_OPTION.refusal(
                    "Option '%s' names the column '%s', which is no physical column that it could name. These are: %s.%s"
                            .formatted(
                                    option.key(),
                                    name,
                                    String.join(", ", type.getFieldNames()),
                                    Nearest.to(name, type.getFieldNames())
                                            .map(near -> " Did you mean '" + near + "'?")
                                            .orElse("")));
        }
    }

    /** Refuses names of other columns than inputs. */
    void requireInput(ConfigOption<?> option, String name) {
        requireColumn(option, name, inputType);
    }

    boolean isAnswer(String column) {
        return outputType.getFieldIndex(column) >= 0;
    }

    /** Columns that come with a row and that a prompt can show, in the table's order. */
    RowType inputType() {
        return inputType;
    }

    /** Columns that the model fills, in the order in which it writes them. */
    RowType outputType() {
        return outputType;
    }
}
