package dev.millrace.connector.sql.model;

import dev.millrace.connector.Nearest;
import dev.millrace.connector.sql.SqlError;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Text in which {@code {{column}}} stands for the value of a column. What a row puts in is never read as a template again.
 *
 * @param literals what stands between the columns: one more than there are columns
 * @param columns positions of the columns in the row, in the order of the text
 */
record RowTemplate(List<String> literals, List<Integer> columns) implements Serializable {
    private static final String OPEN = "{{";
    private static final String CLOSE = "}}";

    RowTemplate {
        literals = List.copyOf(literals);
        columns = List.copyOf(columns);
    }

    /**
     * Parses a template.
     *
     * @param option where it comes from
     * @param names the columns there are
     * @throws org.apache.flink.table.api.ValidationException if a brace is not closed or a column is not there
     */
    static RowTemplate parse(String option, String text, List<String> names) {
        List<String> literals = new ArrayList<>();
        List<Integer> columns = new ArrayList<>();
        int from = 0;
        for (int open = text.indexOf(OPEN); open >= 0; open = text.indexOf(OPEN, from)) {
            int close = text.indexOf(CLOSE, open);
            if (close < 0) {
                throw SqlError.TEMPLATE.refusal(
                        "Invalid value for option '"
                                + option
                                + "'. '{{' at character "
                                + (open + 1)
                                + " has no '}}' behind it. Write columns as {{column}}.");
            }
            literals.add(text.substring(from, open));
            columns.add(column(option, text.substring(open + 2, close).strip(), names));
            from = close + CLOSE.length();
        }
        literals.add(text.substring(from));
        return new RowTemplate(literals, columns);
    }

    private static int column(String option, String name, List<String> names) {
        int position = names.indexOf(name);
        if (position < 0) {
            throw SqlError.TEMPLATE.refusal(
                    "Invalid value for option '"
                            + option
                            + "'. Column '"
                            + name
                            + "' is not among the INPUT columns: "
                            + String.join(", ", names)
                            + "."
                            + Nearest.to(name, names)
                                    .map(nearest -> " Did you mean '{{" + nearest + "}}'?")
                                    .orElse(""));
        }
        return position;
    }

    /** The text, with one value for each of {@link #columns}. */
    String fill(Iterator<String> values) {
        StringBuilder text = new StringBuilder(literals.get(0));
        for (String literal : literals.subList(1, literals.size())) {
            text.append(values.next()).append(literal);
        }
        return text.toString();
    }
}
