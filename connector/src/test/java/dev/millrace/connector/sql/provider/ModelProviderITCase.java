package dev.millrace.connector.sql.provider;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.connector.TestingEngineProvider;
import dev.millrace.connector.sql.TestingSql;
import dev.millrace.engine.Golden;
import dev.millrace.engine.LlmEngine;
import dev.millrace.engine.TestConfigs;
import dev.millrace.engine.TestingEngines;
import java.util.List;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code CREATE MODEL} and {@code ML_PREDICT} on a cluster in this process. */
class ModelProviderITCase {
    @RegisterExtension static final MiniClusterExtension CLUSTER = TestingSql.cluster();

    private static final String TICKETS =
            "(VALUES (1, 'printer on fire'), (2, 'cannot log in'), (3, CAST(NULL AS STRING)), (4, 'where is my invoice'))"
                    + " AS tickets(id, body)";

    private static String llama() {
        return TestingEngineProvider.of(
                        () -> LlmEngine.load(Golden.folder("llama").model(), TestConfigs.small()))
                .name();
    }

    private static String fake() {
        return TestingEngineProvider.of(() -> TestingEngines.engine(TestingEngines.config()))
                .name();
    }

    private static String predict(String model) {
        return "SELECT * FROM ML_PREDICT((SELECT * FROM "
                + TICKETS
                + "), MODEL "
                + model
                + ", DESCRIPTOR(body))";
    }

    @ParameterizedTest
    @EnumSource(names = {"STREAMING", "BATCH"})
    void plainTextAndItsMetadata(RuntimeExecutionMode mode) throws Exception {
        TestingSql sql =
                TestingSql.in(mode)
                        .run(
                                "CREATE MODEL m INPUT (body STRING) OUTPUT (answer STRING, finish_reason STRING, prompt_tokens INT,"
                                        + " generated_tokens BIGINT, error_code STRING, error_message STRING, logprob DOUBLE) WITH ("
                                        + "'provider' = 'testing', 'max-tokens' = '5', 'prompt' = 'Ticket: {{body}}!', 'model' = '"
                                        + fake()
                                        + "')");
        List<Row> rows = sql.rows(predict("m"));
        assertThat(rows).hasSize(4);
        for (Row row : rows) {
            if (row.getField("id").equals(3)) {
                assertThat(row.getField("answer")).isNull();
                assertThat(row.getField("finish_reason")).isNull();
                assertThat(row.getField("error_code")).isEqualTo("LLM-SQ-12");
                assertThat((String) row.getField("error_message")).contains("column body");
            } else {
                String body = (String) row.getField("body");
                assertThat((String) row.getField("answer")).hasSize(5);
                assertThat(row.getField("finish_reason")).isEqualTo("length");
                assertThat(row.getField("prompt_tokens")).isEqualTo(body.length() + 10);
                assertThat(row.getField("generated_tokens")).isEqualTo(5L);
                assertThat(row.getField("error_code")).isNull();
                assertThat((Double) row.getField("logprob")).isNegative();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"STREAMING", "BATCH"})
    void everyColumnHasItsType(RuntimeExecutionMode mode) throws Exception {
        TestingSql sql =
                TestingSql.in(mode)
                        .run(
                                "CREATE MODEL m INPUT (body STRING) OUTPUT (category STRING, score INT, big BIGINT, ratio DOUBLE, urgent"
                                        + " BOOLEAN, due DATE, seen TIMESTAMP(3), tags ARRAY<STRING>, place ROW<city VARCHAR(5), zip"
                                        + " CHAR(5)>, price DECIMAL(10, 2), finish_reason STRING, error_message STRING) WITH ('provider' = 'testing',"
                                        + " 'task' = 'extract', 'max-tokens' = '500', 'prompt' = '{{body}}', 'temperature' = '1.5', 'required-columns' ="
                                        + " 'category;score;due;place', 'schema' = '{\"properties\": {\"category\": {\"enum\":"
                                        + " [\"billing\", \"login\"]}, \"score\": {\"minimum\": 1, \"maximum\": 5}}}', 'model' = '"
                                        + llama()
                                        + "')");
        List<Row> rows =
                sql.rows(
                        "SELECT category, score, DATE_FORMAT(seen, 'yyyy') AS y, EXTRACT(YEAR FROM due) AS d, CHAR_LENGTH(place.zip) AS z,"
                                + " CARDINALITY(tags) AS c, price, finish_reason, error_message FROM ML_PREDICT((SELECT * FROM "
                                + TICKETS
                                + " WHERE body IS NOT NULL), MODEL m, DESCRIPTOR(body))");
        assertThat(rows).hasSize(3);
        for (Row row : rows) {
            assertThat(row.getField("error_message")).isNull();
            assertThat(row.getField("category")).isIn("billing", "login");
            assertThat((Integer) row.getField("score")).isBetween(1, 5);
            assertThat((Long) row.getField("d")).isBetween(1L, 9999L);
            assertThat(row.getField("z")).isIn(5, null);
            assertThat(row.getField("finish_reason")).isEqualTo("stop");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"STREAMING", "BATCH"})
    void labelsScoresAndVectors(RuntimeExecutionMode mode) throws Exception {
        String llama = "'provider' = 'testing', 'model' = '" + llama() + "'";
        TestingSql sql =
                TestingSql.in(mode)
                        .run(
                                "CREATE MODEL labeller INPUT (body STRING) OUTPUT (label STRING, p DOUBLE, logprob DOUBLE) WITH ("
                                        + llama
                                        + ", 'task' = 'classify', 'labels' = 'bug;billing;login')")
                        .run(
                                "CREATE MODEL ranker INPUT (query STRING, body STRING) OUTPUT (score DOUBLE, prompt_tokens INT) WITH ("
                                        + llama
                                        + ", 'task' = 'score')")
                        .run(
                                "CREATE MODEL embedder INPUT (body STRING) OUTPUT (v ARRAY<FLOAT>) WITH ("
                                        + llama
                                        + ", 'task' = 'embed', 'dimension' = '8')")
                        .run("CREATE VIEW tickets AS SELECT * FROM " + TICKETS + " WHERE id <> 3");
        for (Row row :
                sql.rows(
                        "SELECT label, p, logprob FROM ML_PREDICT(TABLE tickets, MODEL labeller, DESCRIPTOR(body))")) {
            assertThat(row.getField("label")).isIn("bug", "billing", "login");
            assertThat((Double) row.getField("p")).isBetween(1 / 3.0, 1.0);
            assertThat((Double) row.getField("logprob")).isNegative();
        }
        for (Row row :
                sql.rows(
                        "SELECT score, prompt_tokens FROM ML_PREDICT((SELECT 'fire' AS q, body FROM tickets), MODEL ranker,"
                                + " DESCRIPTOR(q, body))")) {
            assertThat((Double) row.getField("score")).isBetween(0.0, 1.0);
            assertThat((Integer) row.getField("prompt_tokens")).isPositive();
        }
        List<Row> vectors =
                sql.rows(
                        "SELECT CARDINALITY(v) AS n, v[1] * v[1] + v[2] * v[2] + v[3] * v[3] + v[4] * v[4] + v[5] * v[5] + v[6] *"
                                + " v[6] + v[7] * v[7] + v[8] * v[8] AS square FROM ML_PREDICT(TABLE tickets, MODEL embedder,"
                                + " DESCRIPTOR(body))");
        assertThat(vectors).hasSize(3);
        for (Row row : vectors) {
            assertThat(row.getField("n")).isEqualTo(8);
            assertThat((Float) row.getField("square")).isBetween(0.999f, 1.001f);
        }
    }

    @Test
    void aQueryMayChangeOptionsAndAskForSeveralAnswers() throws Exception {
        TestingSql sql =
                TestingSql.streaming()
                        .run(
                                "CREATE MODEL m INPUT (body STRING) OUTPUT (answer STRING, generated_tokens INT) WITH ('provider' ="
                                        + " 'testing', 'max-tokens' = '5', 'model' = '"
                                        + fake()
                                        + "')");
        String query =
                "SELECT answer FROM ML_PREDICT((SELECT * FROM %s WHERE id = 1), MODEL m, DESCRIPTOR(body), MAP[%s])";
        List<Row> longer = sql.rows(query.formatted(TICKETS, "'max-tokens', '9', 'async', 'true'"));
        assertThat(longer)
                .singleElement()
                .satisfies(row -> assertThat((String) row.getField(0)).hasSize(9));
        List<Row> several =
                sql.rows(query.formatted(TICKETS, "'n', '3', 'temperature', '1', 'seed', '7'"));
        assertThat(several).hasSize(3);
        assertThat(sql.rows(query.formatted(TICKETS, "'n', '3', 'temperature', '1', 'seed', '7'")))
                .containsExactlyElementsOf(several);
    }

    @Test
    void chatsComeFromOneColumnOrFromTemplates() throws Exception {
        String fake =
                "'provider' = 'testing', 'max-tokens' = '5', 'task' = 'chat', 'model' = '"
                        + fake()
                        + "'";
        TestingSql sql =
                TestingSql.streaming()
                        .run(
                                "CREATE MODEL whole INPUT (messages ARRAY<ROW<role STRING, content STRING>>) OUTPUT (answer STRING,"
                                        + " error_code STRING, prompt_tokens INT) WITH ("
                                        + fake
                                        + ")")
                        .run(
                                "CREATE MODEL single INPUT (body STRING) OUTPUT (answer STRING, error_code STRING, prompt_tokens INT) WITH ("
                                        + fake
                                        + ", 'system-prompt' = 'Be kind.')");
        List<Row> whole =
                sql.rows(
                        "SELECT answer, error_code, prompt_tokens FROM ML_PREDICT((SELECT ARRAY[CAST(ROW('system', 'Be kind.') AS"
                                + " ROW<role STRING, content STRING>), CAST(ROW(r, 'hello') AS ROW<role STRING, content STRING>)] AS m FROM"
                                + " (VALUES 'user', 'root') AS t(r)), MODEL whole, DESCRIPTOR(m))");
        List<Row> single =
                sql.rows(
                        "SELECT answer, error_code, prompt_tokens FROM ML_PREDICT((SELECT 'hello' AS body), MODEL single,"
                                + " DESCRIPTOR(body))");
        assertThat(whole).contains(single.get(0), Row.of(null, "LLM-SQ-14", null));
    }
}
