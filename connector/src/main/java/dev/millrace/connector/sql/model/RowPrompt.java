package dev.millrace.connector.sql.model;

import dev.millrace.engine.Prompt;
import java.util.List;
import java.util.function.Function;

/**
 * The prompt of one row, before it is known whether it fits.
 *
 * @param values what the row puts in, in the order of the prompt
 * @param prompt the prompt with as many values
 */
record RowPrompt(List<String> values, Function<List<String>, Prompt> prompt) {

    Prompt whole() {
        return prompt.apply(values);
    }

    /** The prompt with every value cut to so many code points. */
    Prompt cut(int length, boolean keepsHead) {
        return prompt.apply(values.stream().map(value -> cut(value, length, keepsHead)).toList());
    }

    /** Code points of the longest value. */
    int longest() {
        return values.stream()
                .mapToInt(value -> value.codePointCount(0, value.length()))
                .max()
                .orElse(0);
    }

    private static String cut(String value, int length, boolean keepsHead) {
        int has = value.codePointCount(0, value.length());
        if (has <= length) {
            return value;
        }
        return keepsHead
                ? value.substring(0, value.offsetByCodePoints(0, length))
                : value.substring(value.offsetByCodePoints(value.length(), -length));
    }
}
