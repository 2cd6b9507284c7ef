package dev.millrace.connector.sql.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.connector.TestingEngineProvider;
import dev.millrace.connector.sql.TestingSql;
import dev.millrace.connector.sql.model.Deadline;
import dev.millrace.engine.EngineConfig;
import dev.millrace.engine.EngineOptions;
import dev.millrace.engine.TestingEngines;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rows that cannot be answered, in queries that go on. Jobs do not restart here, so a query that returns rows had no failure. */
class RowErrorsITCase {
    @RegisterExtension static final MiniClusterExtension CLUSTER = TestingSql.cluster();

    private static final String OUTPUT =
            "OUTPUT (answer STRING, finish_reason STRING, prompt_tokens INT, error_code STRING)";
    private static final String PREDICT =
            "SELECT id, answer, finish_reason, prompt_tokens, error_code FROM ML_PREDICT((SELECT * FROM (VALUES (1, 'short'), (2,"
                    + " 'a text of forty letters, all of them used')) AS t(id, body)), MODEL m, DESCRIPTOR(body))";

    private static String fake() {
        return TestingEngineProvider.of(() -> TestingEngines.engine(TestingEngines.config()))
                .name();
    }

    private static TestingSql model(String engine, String options) {
        return TestingSql.streaming()
                .run(
                        "CREATE MODEL m INPUT (body STRING) "
                                + OUTPUT
                                + " WITH ('provider' = 'testing', 'model' = '"
                                + engine
                                + "', "
                                + options
                                + ")");
    }

    private static Row of(List<Row> rows, int id) {
        return rows.stream().filter(row -> row.getField("id").equals(id)).findAny().orElseThrow();
    }

    @Test
    void aSlowModelGivesRowsBeforeFlinkLosesPatience() throws Exception {
        String engine =
                TestingEngineProvider.of(
                                () ->
                                        TestingEngines.engine(
                                                TestingEngines.config(),
                                                TestingEngines.delay(Duration.ofMillis(100))))
                        .name();
        TestingSql sql =
                model(engine, "'max-tokens' = '1000'")
                        .set("table.exec.async-ml-predict.timeout", "2 s");
        List<Row> rows = sql.rows(PREDICT);
        assertThat(rows).hasSize(2);
        for (Row row : rows) {
            assertThat(row.getField("answer")).isNull();
            assertThat(row.getField("finish_reason")).isEqualTo("timeout");
            assertThat(row.getField("error_code")).isEqualTo("LLM-SQ-15");
        }
    }

    @Test
    void anEngineThatStandsStillGivesRowsToo() throws Exception {
        TestingEngines.Gate gate = new TestingEngines.Gate();
        String engine =
                TestingEngineProvider.of(() -> TestingEngines.engine(TestingEngines.config(), gate))
                        .name();
        TestingSql sql =
                model(engine, "'max-tokens' = '3'")
                        .set("table.exec.async-ml-predict.timeout", "3 s");
        try {
            assertThat(sql.rows(PREDICT))
                    .hasSize(2)
                    .allMatch(row -> "timeout".equals(row.getField("finish_reason")));
        } finally {
            gate.open();
        }
    }

    @Test
    void aFullEngineIsWaitedFor() throws Exception {
        EngineConfig narrow =
                EngineOptions.parse(
                        Map.of(
                                "max-num-seqs",
                                "1",
                                "max-waiting-tokens",
                                "8",
                                "queue-capacity",
                                "1"),
                        TestingEngines.config());
        String engine = TestingEngineProvider.of(() -> TestingEngines.engine(narrow)).name();
        TestingSql sql =
                model(engine, "'max-tokens' = '4'")
                        .set("table.exec.async-ml-predict.max-concurrent-operations", "64");
        List<Row> rows =
                sql.run(
                                "CREATE TABLE numbers (id INT) WITH ('connector' = 'datagen', 'number-of-rows' = '300', 'fields.id.kind' ="
                                        + " 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '300')")
                        .rows(
                                "SELECT id, answer, error_code FROM ML_PREDICT((SELECT id, CAST(id AS STRING) AS body FROM numbers), MODEL"
                                        + " m, DESCRIPTOR(body))");
        assertThat(rows).hasSize(300).allMatch(row -> row.getField("error_code") == null);
        assertThat(rows).allMatch(row -> ((String) row.getField("answer")).length() == 4);
    }

    @ParameterizedTest
    @CsvSource({
        "error, , LLM-SQ-13",
        "truncated-tail, 20,",
        "truncated-head-log, 20,",
    })
    void longPromptsAreCutOrRefused(String action, Integer tokens, String code) throws Exception {
        List<Row> rows =
                model(
                                fake(),
                                "'max-tokens' = '4', 'max-context-size' = '20', 'prompt' = 'Text: {{body}}', 'context-overflow-action' = '"
                                        + action
                                        + "'")
                        .rows(PREDICT);
        assertThat(of(rows, 1).getField("prompt_tokens")).isEqualTo(12);
        assertThat(of(rows, 2).getField("prompt_tokens")).isEqualTo(tokens);
        assertThat(of(rows, 2).getField("error_code")).isEqualTo(code);
    }

    @Test
    void longPromptsAreSkipped() throws Exception {
        List<Row> rows =
                model(
                                fake(),
                                "'max-context-size' = '20', 'max-tokens' = '4', 'context-overflow-action' = 'skipped'")
                        .rows(PREDICT);
        assertThat(rows)
                .singleElement()
                .satisfies(row -> assertThat(row.getField("id")).isEqualTo(1));
    }

    @Test
    void whatTheModelItselfCannotTakeIsARowAsWell() throws Exception {
        List<Row> rows =
                TestingSql.streaming()
                        .run(
                                "CREATE MODEL m INPUT (body STRING) "
                                        + OUTPUT
                                        + " WITH ('provider' = 'testing', 'max-tokens' = '4', 'model' = '"
                                        + fake()
                                        + "')")
                        .rows(PREDICT.replace("'short'", "REPEAT('x', 3000)"));
        assertThat(of(rows, 1).getField("error_code")).isEqualTo("LLM-RQ-03");
        assertThat((String) of(rows, 2).getField("answer")).hasSize(4);
    }

    @Test
    void anAnswerThatTheModelsLengthCutsShortSaysSo() throws Exception {
        List<Row> rows =
                TestingSql.streaming()
                        .run(
                                "CREATE MODEL m INPUT (body STRING) OUTPUT (answer STRING, finish_reason STRING, effective_max_tokens INT)"
                                        + " WITH ('provider' = 'testing', 'max-tokens' = '40', 'model' = '"
                                        + fake()
                                        + "')")
                        .rows(
                                PREDICT.replace("'short'", "REPEAT('x', 2040)")
                                        .replace(
                                                "prompt_tokens, error_code",
                                                "effective_max_tokens"));
        // BOS and 2040 letters leave 7 of the model's 2048 tokens.
        assertThat(of(rows, 1).getField("effective_max_tokens")).isEqualTo(7);
        assertThat((String) of(rows, 1).getField("answer")).hasSize(7);
        assertThat(of(rows, 1).getField("finish_reason")).isEqualTo("length");
        assertThat(of(rows, 2).getField("effective_max_tokens")).isEqualTo(40);
    }

    @Test
    void aBrokenEngineFailsTheJob() {
        String engine =
                TestingEngineProvider.of(
                                () ->
                                        TestingEngines.engine(
                                                TestingEngines.config(),
                                                TestingEngines.throwAt(
                                                        1, new IllegalStateException("broken"))))
                        .name();
        assertThatThrownBy(() -> model(engine, "'max-tokens' = '4'").rows(PREDICT))
                .rootCause()
                .hasMessage("broken");
    }

    @Test
    void failoverFailsTheJobWithoutQuotingTheRow() {
        TestingSql sql =
                model(fake(), "'max-context-size' = '16', 'error-handling-strategy' = 'failover'");
        assertThatThrownBy(() -> sql.rows(PREDICT))
                .satisfies(
                        error ->
                                assertThat(TestingSql.allMessages(error))
                                        .contains("LLM-SQ-13")
                                        .doesNotContain("forty letters"));
    }

    @Test
    void advisesWhereFlinksDefaultsStarveTheEngine() {
        PlannedQuery defaults = new PlannedQuery(10, Duration.ofMinutes(3), true);
        assertThat(defaults.advice(128, 2))
                .contains("SET 'table.exec.async-ml-predict.max-concurrent-operations' = '128';")
                .contains("SET 'table.exec.async-ml-predict.output-mode' = 'ALLOW_UNORDERED';")
                .contains("SET 'table.exec.async-ml-predict.timeout' = '10 min';");
        assertThat(defaults.advice(20, 2)).isEmpty();
        assertThat(new PlannedQuery(64, Duration.ofHours(1), false).advice(128, 2)).isEmpty();
    }

    @Test
    void deadlinesLieBelowFlinks() {
        Duration flink = Duration.ofSeconds(10);
        assertThat(Deadline.below(Duration.ZERO, flink))
                .isEqualTo(new Deadline(Duration.ofSeconds(8), Duration.ofSeconds(9)));
        assertThat(Deadline.below(Duration.ofSeconds(1), flink))
                .isEqualTo(new Deadline(Duration.ofSeconds(1), Duration.ofSeconds(2)));
        assertThat(Deadline.below(Duration.ofSeconds(60), flink).timeout())
                .isEqualTo(Duration.ofSeconds(8));
        assertThat(Deadline.below(Duration.ZERO, Duration.ZERO))
                .isEqualTo(new Deadline(Duration.ZERO, Duration.ZERO));
    }
}
