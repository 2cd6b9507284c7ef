package dev.millrace.connector.sql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.connector.sql.function.FunctionKind;
import dev.millrace.connector.sql.row.MetadataColumn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.stream.Collectors;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.description.HtmlFormatter;
import org.apache.flink.util.TimeUtils;
import org.junit.jupiter.api.Test;

/** {@code docs/sql.md} lists what the code has. */
class SqlDocumentationTest {
    private static final Path PAGE = Path.of("../docs/sql.md");

    @Test
    void everyOptionIsListed() throws IOException {
        String table =
                OptionList.ENTRIES.stream()
                        .map(SqlDocumentationTest::row)
                        .collect(Collectors.joining("\n"));
        assertThat(Files.readString(PAGE)).contains(table);
    }

    @Test
    void everyFunctionAndColumnIsListed() throws IOException {
        String page = Files.readString(PAGE);
        for (FunctionKind kind : FunctionKind.values()) {
            assertThat(page).contains("`" + kind.name() + "(");
        }
        for (MetadataColumn column : MetadataColumn.values()) {
            assertThat(page).contains("| `" + column.columnName() + "` | " + column.types() + " |");
        }
    }

    private static String row(OptionList.Entry entry) {
        ConfigOption<?> option = entry.option();
        String tasks =
                entry.tasks().size() == Task.values().length
                        ? "all"
                        : entry.tasks().stream()
                                .sorted()
                                .map(Task::toString)
                                .collect(Collectors.joining(", "));
        return "| `%s` | %s | %s | %s | %s | %s | %s |"
                .formatted(
                        option.key() + (entry.type().equals("Map") ? ".…" : ""),
                        option.equals(ModelOptions.MODEL) ? "yes" : "no",
                        fallback(option.defaultValue()),
                        entry.type(),
                        tasks,
                        entry.perQuery() ? "yes" : "no",
                        new HtmlFormatter().format(option.description()));
    }

    private static String fallback(Object value) {
        if (value == null) {
            return "none";
        }
        String text =
                value instanceof Duration duration
                        ? TimeUtils.formatWithHighestUnit(duration)
                        : value.toString().toLowerCase(Locale.ROOT);
        return "`" + text + "`";
    }
}
