package dev.millrace.connector.sql.function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.connector.TestingEngineProvider;
import dev.millrace.connector.sql.TestingSql;
import dev.millrace.engine.Golden;
import dev.millrace.engine.LlmEngine;
import dev.millrace.engine.TestConfigs;
import java.util.List;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The functions of the module, asynchronous in streaming mode and blocking in batch mode. */
class FunctionsITCase {
    @RegisterExtension static final MiniClusterExtension CLUSTER = TestingSql.cluster();

    private static final String TICKETS =
            "CREATE VIEW tickets AS SELECT * FROM (VALUES (1, 'printer on fire'), (2, 'cannot log in'), (3, CAST(NULL AS STRING))) AS"
                    + " t(id, body)";

    private static TestingSql session(RuntimeExecutionMode mode) {
        String model =
                TestingEngineProvider.of(
                                () ->
                                        LlmEngine.load(
                                                Golden.folder("llama").model(),
                                                TestConfigs.small()))
                        .name();
        return TestingSql.in(mode)
                .run(
                        "LOAD MODULE testing WITH ('model' = '"
                                + model
                                + "', 'max-tokens' = '60', 'temperature' = '0.5')")
                .run(TICKETS);
    }

    @ParameterizedTest
    @EnumSource(names = {"STREAMING", "BATCH"})
    void functionsInSelectsViewsAndSubqueries(RuntimeExecutionMode mode) throws Exception {
        TestingSql sql = session(mode);
        sql.run(
                "CREATE VIEW labelled AS SELECT id, body, LLM_CLASSIFY(body, ARRAY['billing', 'it''s; login']) AS label FROM"
                        + " tickets");
        for (Row row : sql.rows("SELECT id, label FROM labelled")) {
            if (row.getField("id").equals(3)) {
                assertThat(row.getField("label")).isNull();
            } else {
                assertThat(row.getField("label")).isIn("billing", "it's; login");
            }
        }
        List<Row> rows =
                sql.rows(
                        "SELECT id, LLM_GENERATE(body, MAP['max-tokens', '3']) AS g FROM tickets WHERE id IN (SELECT id FROM labelled"
                                + " WHERE label IS NOT NULL)");
        assertThat(rows).extracting(row -> row.getField("id")).containsExactlyInAnyOrder(1, 2);
        assertThat(rows).allMatch(row -> row.getField("g") != null);
    }

    /**
     * A fault of Flink 2.3.0, and so of nothing here: nulls beside an asynchronous function become default values. When this test fails,
     * docs/sql.md and the module's warning can lose their sentences about it.
     */
    @Test
    void flinkLosesNullsBesideAsynchronousFunctions() throws Exception {
        TestingSql sql =
                session(RuntimeExecutionMode.STREAMING)
                        .run(
                                "CREATE TABLE nulls (s STRING, n INT) WITH ('connector' = 'datagen', 'number-of-rows' = '1',"
                                        + " 'fields.s.null-rate' = '1', 'fields.n.null-rate' = '1')");
        assertThat(sql.rows("SELECT s, n, LLM_CLASSIFY(s, ARRAY['a', 'b']) AS label FROM nulls"))
                .containsExactly(Row.of("", -1, null));
    }

    @ParameterizedTest
    @EnumSource(names = {"STREAMING", "BATCH"})
    void typedAndJsonExtraction(RuntimeExecutionMode mode) throws Exception {
        List<Row> rows =
                session(mode)
                        .rows(
                                "SELECT id, e.n + 1 AS n, e.s AS s, j FROM (SELECT id, LLM_EXTRACT(body, 'ROW<n INT NOT NULL, s VARCHAR(4)"
                                        + " NOT NULL>') AS e, LLM_EXTRACT(body, '{\"enum\": [\"x\", \"y\"]}') AS j FROM tickets)");
        assertThat(rows).hasSize(3);
        for (Row row : rows) {
            boolean answered = !row.getField("id").equals(3);
            assertThat(row.getField("n") != null).isEqualTo(answered);
            assertThat(row.getField("s") != null).isEqualTo(answered);
            assertThat(row.getField("j"))
                    .isIn(answered ? "\"x\"" : null, answered ? "\"y\"" : null);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"STREAMING", "BATCH"})
    void vectorsAndScores(RuntimeExecutionMode mode) throws Exception {
        List<Row> rows =
                session(mode)
                        .rows(
                                "SELECT id, CARDINALITY(LLM_EMBED(body)) AS n, LLM_SCORE('fire', body) AS s FROM tickets WHERE id < 3");
        assertThat(rows).hasSize(2);
        for (Row row : rows) {
            assertThat((Integer) row.getField("n")).isPositive();
            assertThat((Double) row.getField("s")).isBetween(0.0, 1.0);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "LLM_EXTRACT(body, 'nonsense')         | Invalid argument 'schema' of LLM_EXTRACT   | LLM-SQ-11",
                "LLM_EXTRACT(body, 'INT')              | Given is the type INT                     | LLM-SQ-11",
                "LLM_EXTRACT(body, body)               | Invalid argument 'schema' of LLM_EXTRACT   | LLM-SQ-11",
                "LLM_EXTRACT(body, '{\"unevaluatedItems\": {}}')    | cannot be enforced                        | LLM-GR-02",
                "LLM_EXTRACT(body, 'ROW<m BYTES>')     | Column 'm' has the type BYTES             | LLM-SQ-07",
                "LLM_GENERATE(body, 'temprature=1')    | Did you mean 'temperature'?               | LLM-SQ-02",
                "LLM_GENERATE(body, 'temperature')     | allowed is 'name=value, name=value'       | LLM-SQ-11",
                "LLM_GENERATE(body, 'temperature=9')   | in [0, 2]                                 | LLM-SP-01",
                "LLM_GENERATE(1.5)                     | LLM_GENERATE                              |",
            })
    void badArgumentsAreRefusedAtPlanning(String call, String message, String code) {
        TestingSql sql = session(RuntimeExecutionMode.STREAMING);
        assertThatThrownBy(() -> sql.explain("SELECT " + call + " FROM tickets"))
                .satisfies(
                        error ->
                                assertThat(TestingSql.allMessages(error))
                                        .contains(message, code == null ? "" : code));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`` | Missing required options are:",
                "`'model' = 'm', 'modle' = 'x'` | Did you mean 'model'?",
                "`'model' = 'm', 'engine.device' = 'gpu'` | LLM-EN-04",
            })
    void badModulesAreRefusedWhenTheyAreLoaded(String options, String message) {
        String with = options.isEmpty() ? "" : " WITH (" + options + ")";
        assertThatThrownBy(() -> TestingSql.streaming().run("LOAD MODULE millrace" + with))
                .satisfies(error -> assertThat(TestingSql.allMessages(error)).contains(message));
    }
}
