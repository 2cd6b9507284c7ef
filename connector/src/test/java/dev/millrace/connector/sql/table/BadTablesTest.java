package dev.millrace.connector.sql.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.TableException;
import org.apache.flink.table.api.ValidationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is wrong with a {@code millrace-kafka} table is said when a statement that uses it is planned. */
final class BadTablesTest {
    private static final String COLUMNS =
            "id STRING, text STRING, answer STRING, p DOUBLE, error_code STRING, fixed STRING NOT NULL";
    private static final String WRITE = "INSERT INTO t (id, text, fixed) VALUES ('1', 'a', 'b')";
    private static final String READ = "SELECT * FROM t";

    /** A statement over a table whose options differ from good ones; an empty value leaves an option out. */
    static Stream<Arguments> tables() {
        return Stream.of(
                bad(
                        WRITE,
                        "llm.model=",
                        "One or more required options are missing.",
                        "Missing required options are:\n\nllm.model"),
                bad(WRITE, "llm.output-columns=", "llm.output-columns"),
                bad(
                        WRITE,
                        "llm.output-columns=answr",
                        "Option 'llm.output-columns' names the column 'answr'",
                        "These are: id, text, answer, p, error_code, fixed. Did you mean 'answer'?",
                        "[LLM-SQ-01]"),
                bad(WRITE, "llm.output-columns=answer;answer", "names a column twice"),
                bad(
                        WRITE,
                        "llm.output-columns=answer;fixed",
                        "The column 'fixed' is filled by the model",
                        "must not be NOT NULL",
                        "[LLM-SQ-06]"),
                bad(
                        WRITE,
                        "llm.temprature=1",
                        "Unsupported options found for 'millrace-kafka'.",
                        "Did you mean 'llm.temperature'?",
                        "[LLM-SQ-02]"),
                bad(
                        WRITE,
                        "scan.startup=now",
                        "Unsupported options found for 'millrace-kafka'.",
                        "llm.output-columns",
                        "scan.startup.mode"),
                bad(
                        WRITE,
                        "llm.n=2",
                        "Option 'llm.n' has no use in a table, where each row has one answer",
                        "use ML_PREDICT with a model, whose option 'n' it is",
                        "[LLM-SQ-04]"),
                bad(
                        WRITE,
                        "llm.context-overflow-action=skipped",
                        "Option 'llm.context-overflow-action' has no use in a table",
                        "[LLM-SQ-04]"),
                bad(
                        WRITE,
                        "llm.temperature=warm",
                        "Table 't', options that begin with 'llm.'",
                        "Invalid value for option 'temperature'."),
                bad(WRITE, "llm.max-in-flight=few", "llm.max-in-flight"),
                bad(
                        WRITE,
                        "llm.prompt={{txt}}",
                        "Column 'txt' is not among the INPUT columns: id, text, p, fixed",
                        "Did you mean '{{text}}'?"),
                bad(WRITE, "llm.prompt={{answer}}", "Column 'answer' is not among the INPUT"),
                bad(
                        WRITE,
                        "llm.prompt=",
                        "The INPUT columns do not fit the task 'generate', which needs one column.",
                        "Given is (`id` STRING, `text` STRING, `p` DOUBLE, `fixed` STRING NOT NULL).",
                        "[LLM-SQ-05]"),
                bad(
                        WRITE,
                        "llm.id-column=answer",
                        "Option 'llm.id-column' names the column 'answer'",
                        "These are: id, text, p, fixed"),
                bad(
                        WRITE,
                        "llm.task=embed",
                        "Invalid value for option 'llm.task'. Given is 'embed', allowed is one of generate, chat, extract, classify,",
                        "Use ML_PREDICT with a model for 'embed'.",
                        "[LLM-SQ-01]"),
                bad(READ, "llm.task=SCORE", "Use ML_PREDICT with a model for 'score'."),
                bad(WRITE, "llm.task=translate", "Invalid value for option 'task'. Given is"),
                bad(
                        WRITE,
                        "llm.task=classify,llm.labels=a;b,llm.output-columns=answer;p;error_code",
                        "Option 'llm.output-columns' names a column for the probability of the label",
                        "use ML_PREDICT with a model",
                        "[LLM-SQ-04]"),
                bad(
                        WRITE,
                        "llm.output-columns=answer",
                        "The table 'default_catalog.default_database.t' has no place for rows that cannot be answered",
                        "Or name a topic by 'llm.dead-letter-topic'.",
                        "[LLM-SQ-03]"),
                bad(
                        READ,
                        "llm.output-columns=answer,llm.dead-letter-topic=dead",
                        "Tables that are read have no dead letters",
                        "[LLM-SQ-03]"),
                bad(
                        WRITE,
                        "llm.dead-letter-topic=dead,topic=,topic-pattern=t.*",
                        "Option 'llm.dead-letter-topic' needs 'topic', not 'topic-pattern'.",
                        "[LLM-SQ-04]"),
                bad(
                        WRITE,
                        "llm.dead-letter-topic=dead,llm.error-handling-strategy=failover",
                        "'llm.dead-letter-topic' and 'llm.error-handling-strategy' = 'failover'",
                        "[LLM-SQ-04]"),
                bad(
                        READ,
                        "format=debezium-json",
                        "produces updates, and an answer cannot be taken back",
                        "[LLM-SQ-10]"),
                bad(WRITE, "sink.delivery-guarantee=exactly-once", "sink.transactional-id-prefix"),
                bad(
                        WRITE,
                        "sink.delivery-guarantee=exactly-once,sink.transactional-id-prefix=p",
                        "Option 'sink.delivery-guarantee' = 'exactly-once' of the table 'default_catalog.default_database.t' needs checkpoints",
                        "Run SET 'execution.checkpointing.interval' = '10 s';",
                        "[LLM-SQ-04]"));
    }

    private static Arguments bad(String statement, String options, String... expected) {
        return Arguments.of(statement, options, List.of(expected));
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("tables")
    void badTablesAreRefused(String statement, String changes, List<String> expected) {
        Throwable thrown = catchThrowable(() -> explain(statement, changes));
        assertThat(thrown).isNotNull();
        assertThat(causes(thrown))
                .anySatisfy(cause -> assertThat(cause).isInstanceOf(ValidationException.class));
        String messages =
                causes(thrown).stream()
                        .map(Throwable::getMessage)
                        .collect(Collectors.joining("\n"));
        assertThat(messages).contains(expected);
    }

    private static List<Throwable> causes(Throwable thrown) {
        return Stream.iterate(thrown, Objects::nonNull, Throwable::getCause).toList();
    }

    @Test
    void goodTablesArePlannedInBothRoles() {
        assertThat(explain(WRITE, "llm.dead-letter-topic=dead")).contains("Sink");
        assertThat(explain(READ, "")).contains("TableSourceScan");
    }

    @Test
    void exactlyOnceIsPlannedWhereAnswersGetCommitted() {
        String changes = "sink.delivery-guarantee=exactly-once,sink.transactional-id-prefix=p";
        TableEnvironment batch = TableEnvironment.create(EnvironmentSettings.inBatchMode());
        assertThat(explain(batch, WRITE, changes)).contains("Sink");
        TableEnvironment streaming = TableEnvironment.create(EnvironmentSettings.inStreamingMode());
        streaming.getConfig().set("execution.checkpointing.interval", "2 s");
        assertThat(explain(streaming, WRITE, changes)).contains("Sink");
    }

    @Test
    void everyOptionIsListed() throws IOException {
        assertThat(Files.readString(Path.of("../docs/sql.md")))
                .contains(TableOptions.markdownTable());
    }

    @Test
    void updatesAreNotTaken() {
        Throwable thrown =
                catchThrowable(
                        () ->
                                explain(
                                        "INSERT INTO t (id, text, fixed) SELECT id, MAX(text), 'x' FROM t GROUP BY id",
                                        ""));
        assertThat(thrown)
                .isInstanceOf(TableException.class)
                .hasMessageContaining("doesn't support consuming update changes");
    }

    private static String explain(String statement, String changes) {
        return explain(
                TableEnvironment.create(EnvironmentSettings.inStreamingMode()), statement, changes);
    }

    private static String explain(TableEnvironment tables, String statement, String changes) {
        Map<String, String> options = new TreeMap<>();
        options.put("connector", "millrace-kafka");
        options.put("topic", "topic");
        options.put("properties.bootstrap.servers", "localhost:1");
        options.put("scan.startup.mode", "earliest-offset");
        options.put("format", "json");
        options.put("llm.model", "/models/none");
        options.put("llm.prompt", "{{text}}");
        options.put("llm.output-columns", "answer;error_code");
        for (String change : changes.isEmpty() ? new String[0] : changes.split(",")) {
            int at = change.indexOf('=');
            options.put(change.substring(0, at), change.substring(at + 1));
        }
        options.values().removeIf(String::isEmpty);
        tables.executeSql(
                "CREATE TABLE t (%s) WITH (%s)"
                        .formatted(
                                COLUMNS,
                                options.entrySet().stream()
                                        .map(
                                                one ->
                                                        "'%s' = '%s'"
                                                                .formatted(
                                                                        one.getKey(),
                                                                        one.getValue()))
                                        .collect(Collectors.joining(", "))));
        return tables.explainSql(statement);
    }
}
