package dev.millrace.connector.sql.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.connector.sql.TestingSql;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Which INPUT columns each task takes, said when the query is planned. */
class InputColumnsTest {
    /** Options and OUTPUT columns of each task. */
    private static final Map<String, List<String>> TASKS =
            Map.of(
                    "generate", List.of("", "answer STRING"),
                    "chat", List.of("", "answer STRING"),
                    "extract", List.of("", "name STRING, age INT"),
                    "classify", List.of(", 'labels' = 'a;b'", "label STRING"),
                    "embed", List.of("", "vector ARRAY<FLOAT>"),
                    "score", List.of("", "p DOUBLE"));

    private static final String ALLOWED_TYPES =
            "Supported are strings, numbers, booleans, dates, times, timestamps, and ARRAY and ROW of these. Cast it in the query.";

    static Stream<Arguments> counts() {
        return TASKS.keySet().stream()
                .flatMap(task -> Stream.of(1, 2, 3).map(count -> Arguments.of(task, count)));
    }

    @ParameterizedTest
    @MethodSource("counts")
    void everyTaskSaysHowManyColumnsItTakes(String task, int count) {
        List<String> columns = List.of("a STRING", "b STRING", "c STRING").subList(0, count);
        String input = String.join(", ", columns);
        if (count == (task.equals("score") ? 2 : 1)) {
            assertThatCode(() -> plan(task, "", input)).doesNotThrowAnyException();
            return;
        }
        assertRefused(
                task,
                "",
                input,
                "The INPUT columns do not fit the task '" + task + "', which needs ",
                task.equals("score")
                        ? "two columns: the query and the text, in this order."
                        : "one column",
                "Given is (`a` STRING",
                "Set 'prompt' to a template such as '{{a}}",
                "LLM-SQ-05");
        assertThatCode(() -> plan(task, ", 'prompt' = 'Say {{a}}'", input))
                .doesNotThrowAnyException();
    }

    static Stream<Arguments> types() {
        return TASKS.keySet().stream()
                .flatMap(
                        task ->
                                Stream.of("BYTES", "MAP<STRING, STRING>", "ROW<x BYTES>")
                                        .map(type -> Arguments.of(task, type)));
    }

    @ParameterizedTest
    @MethodSource("types")
    void everyTaskSaysWhichTypesItTakes(String task, String type) {
        String input = "a " + type + (task.equals("score") ? ", b STRING" : "");
        String column = type.startsWith("ROW") ? "a.x" : "a";
        String named = type.startsWith("ROW") ? "BYTES" : type;
        assertRefused(
                task,
                "",
                input,
                "Column '" + column + "' has the type " + named + ", which has no text",
                ALLOWED_TYPES,
                "LLM-SQ-05");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ARRAY<ROW<role STRING, text STRING>>",
                "ARRAY<ROW<content STRING, role STRING>>",
                "ARRAY<ROW<role STRING, content INT>>",
                "ARRAY<ROW<role STRING, content STRING, name STRING>>",
                "ARRAY<STRING>"
            })
    void arraysThatHoldNoChatAreNotTakenForOne(String type) {
        assertRefused(
                "chat",
                "",
                "a " + type,
                "which needs one column: a text, or ARRAY<ROW<role STRING, content STRING>>.",
                "Given is (`a` " + type.substring(0, 5),
                "'{{a}}'",
                "LLM-SQ-05");
        assertThatCode(() -> plan("chat", ", 'prompt' = '{{a}}'", "a " + type))
                .doesNotThrowAnyException();
        assertThatCode(() -> plan("chat", "", "a ARRAY<ROW<role STRING, content STRING>>"))
                .doesNotThrowAnyException();
    }

    /** Flink's own check: what a query names against the INPUT columns. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a STRING           | a, b | 2",
                "a STRING, b STRING | a    | 1",
                "a INT              | a    | INT",
            })
    void queriesNameTheColumnsThatTheModelTakes(String input, String named, String message) {
        TestingSql sql = model("generate", ", 'prompt' = '{{a}}'", input);
        assertThatThrownBy(() -> sql.explain(query("a STRING, b STRING", named)))
                .satisfies(error -> assertThat(TestingSql.allMessages(error)).contains(message));
    }

    private static void assertRefused(
            String task, String options, String input, String... messages) {
        assertThatThrownBy(() -> plan(task, options, input))
                .satisfies(error -> assertThat(TestingSql.allMessages(error)).contains(messages));
    }

    private static TestingSql model(String task, String options, String input) {
        return TestingSql.streaming()
                .run(
                        "CREATE MODEL m INPUT (%s) OUTPUT (%s) WITH ('provider' = 'millrace', 'model' = 'm', 'task' = '%s'%s%s)"
                                .formatted(
                                        input,
                                        TASKS.get(task).get(1),
                                        task,
                                        TASKS.get(task).get(0),
                                        options));
    }

    private static void plan(String task, String options, String input) {
        String names =
                Stream.of("a", "b", "c")
                        .filter(name -> (" " + input).contains(" " + name + " "))
                        .reduce((all, name) -> all + ", " + name)
                        .orElseThrow();
        model(task, options, input).explain(query(input, names));
    }

    private static String query(String columns, String named) {
        StringBuilder values = new StringBuilder();
        for (String column : columns.split(", (?=[abc] )", -1)) {
            values.append(values.isEmpty() ? "" : ", ")
                    .append("CAST(NULL AS ")
                    .append(column.substring(2))
                    .append(") AS ")
                    .append(column.charAt(0));
        }
        return "SELECT * FROM ML_PREDICT((SELECT %s), MODEL m, DESCRIPTOR(%s))"
                .formatted(values, named);
    }
}
