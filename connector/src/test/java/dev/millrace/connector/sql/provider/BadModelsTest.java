package dev.millrace.connector.sql.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.connector.sql.TestingSql;
import dev.millrace.connector.sql.model.EngineSource;
import dev.millrace.connector.sql.model.SqlModelReader;
import dev.millrace.engine.hub.ModelRoots;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarCharType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What is wrong with a model or a query is said when the query is planned, before any engine is loaded. */
class BadModelsTest {
    private static final String INPUT = "body STRING";
    private static final String OUTPUT = "answer STRING";
    private static final String TABLE =
            "(SELECT * FROM (VALUES (CAST('a' AS STRING), CAST('b' AS STRING), CAST(x'00' AS BYTES))) AS t(body, other, payload))";

    static Stream<Arguments> options() {
        return Stream.of(
                bad("", "Missing required options are:\n\nmodel", "LLM-SQ-03"),
                bad("'model' = ' '", "Missing required options are:\n\nmodel", "LLM-SQ-03"),
                bad(
                        "'model' = 'm', 'temprature' = '1'",
                        "Unsupported options found for 'millrace'.",
                        "Unsupported options:\n\ntemprature",
                        "Supported options:\n\nmodel\ntask\n",
                        "Did you mean 'temperature'?",
                        "LLM-SQ-02"),
                bad(
                        "'model' = 'm', 'model.path' = '/m'",
                        "Unsupported options:\n\nmodel.path",
                        "LLM-SQ-02"),
                bad(
                        "'model' = 'm', 'task' = 'translate'",
                        "Invalid value for option 'task'. Given is 'translate', allowed is one of generate, chat, classify, extract,"
                                + " embed, score.",
                        "LLM-SQ-01"),
                bad(
                        "'model' = 'm', 'temperature' = 'warm'",
                        "Invalid value for option 'temperature'. Given is 'warm', allowed is a number.",
                        "LLM-SQ-01"),
                bad(
                        "'model' = 'm', 'timeout' = 'soon'",
                        "Invalid value for option 'timeout'. Given is 'soon', allowed is a duration such as",
                        "LLM-SQ-01"),
                bad("'model' = 'm', 'timeout' = '0 s'", "a duration above 0", "LLM-SQ-01"),
                bad(
                        "'model' = 'm', 'error-handling-strategy' = 'retry'",
                        "allowed is ignore or failover",
                        "LLM-SQ-01"),
                bad(
                        "'model' = 'm', 'context-overflow-action' = 'truncate'",
                        "allowed is one of error, truncated-tail, truncated-tail-log, truncated-head,",
                        "LLM-SQ-01"),
                bad("'model' = 'm', 'max-context-size' = '0'", "at least 1", "LLM-SQ-01"),
                bad(
                        "'model' = 'm', 'engine.device' = 'gpu'",
                        "Invalid value for an option 'engine.…'. device: got 'gpu'; expected auto, cpu, cuda or cuda:N.",
                        "LLM-EN-04"),
                bad(
                        "'model' = 'm', 'engine.kv-cache-memory' = 'lots'",
                        "for instance 512m or 2g",
                        "LLM-EN-04"),
                bad("'model' = 'm', 'engine.max-num-seqs' = '0'", "from 1 to 4096", "LLM-EN-04"),
                bad(
                        "'model' = 'm', 'engine.max-num-seq' = '4'",
                        "Did you mean 'max-num-seqs'?",
                        "LLM-EN-05"),
                bad(
                        "'model' = 'm', 'engine.tensor-parallel-size' = '2'",
                        "unknown option 'tensor-parallel-size'",
                        "LLM-EN-05"),
                bad(
                        "'model' = 'm', 'labels' = 'a;b'",
                        "Option 'labels' has no use in the task 'generate'; it belongs to 'classify', 'score'.",
                        "LLM-SQ-04"),
                bad(
                        "'model' = 'm', 'schema' = '{}'",
                        "Option 'schema' needs typed OUTPUT columns",
                        "LLM-SQ-04"),
                bad(
                        "'model' = 'm', 'prompt' = 'Say {{bdy}}'",
                        "Column 'bdy' is not among the INPUT columns: body. Did you mean '{{body}}'?",
                        "LLM-SQ-09"),
                bad(
                        "'model' = 'm', 'prompt' = 'Say {{body'",
                        "'{{' at character 5 has no '}}' behind it.",
                        "LLM-SQ-09"),
                // The sampling parameters' own rules.
                bad("'model' = 'm', 'temperature' = '-0.1'", "in [0, 2]", "LLM-SP-01"),
                bad("'model' = 'm', 'temperature' = '2.5'", "in [0, 2]", "LLM-SP-01"),
                bad("'model' = 'm', 'temperature' = 'NaN'", "in [0, 2]", "LLM-SP-01"),
                bad("'model' = 'm', 'top-p' = '0'", "option 'top-p'", "LLM-SP-02"),
                bad("'model' = 'm', 'topP' = '1.1'", "option 'top-p'", "LLM-SP-02"),
                bad("'model' = 'm', 'top-k' = '-2'", "option 'top-k'", "LLM-SP-03"),
                bad("'model' = 'm', 'top-k' = '1.5'", "allowed is an integer", "LLM-SQ-01"),
                bad("'model' = 'm', 'min-p' = '1.5'", "option 'min-p'", "LLM-SP-04"),
                bad("'model' = 'm', 'repetition-penalty' = '0'", "penalty", "LLM-SP-05"),
                bad("'model' = 'm', 'presence-penalty' = '3'", "penalty", "LLM-SP-06"),
                bad("'model' = 'm', 'frequency-penalty' = '-3'", "penalty", "LLM-SP-07"),
                bad("'model' = 'm', 'max-tokens' = '0'", "option 'max-tokens'", "LLM-SP-08"),
                bad("'model' = 'm', 'max-tokens' = '2147483648'", "an integer", "LLM-SQ-01"),
                bad(
                        "'model' = 'm', 'min-tokens' = '9', 'max-tokens' = '8'",
                        "option 'min-tokens'",
                        "LLM-SP-09"),
                bad("'model' = 'm', 'n' = '0'", "option 'n'", "LLM-SP-10"),
                bad("'model' = 'm', 'n' = '1000000'", "option 'n'", "LLM-SP-10"),
                bad("'model' = 'm', 'n' = '2'", "option 'n'", "LLM-SP-11"),
                bad("'model' = 'm', 'stop' = 'a,,b'", "option 'stop'", "LLM-SP-12"),
                bad("'model' = 'm', 'seed' = 'x'", "option 'seed'", "LLM-SQ-01"),
                bad("'model' = 'm', 'seed' = '9223372036854775808'", "an integer", "LLM-SQ-01"),
                bad(
                        "'model' = 'm', 'logit-bias' = '{\"abc\": 1}'",
                        "Unsupported options:\n\nlogit-bias",
                        "LLM-SQ-02"),
                bad(
                        "'model' = 'm', 'engine.device' = 'cuda:0,cuda:1'",
                        "got 'cuda:0,cuda:1'; expected auto, cpu, cuda or cuda:N",
                        "LLM-EN-04"));
    }

    static Stream<Arguments> columns() {
        String classify = "'task' = 'classify', 'labels' = 'a;b'";
        return Stream.of(
                columns(
                        INPUT,
                        "finish_reason STRING",
                        "",
                        "one column for the answer",
                        "LLM-SQ-06"),
                columns(
                        INPUT,
                        "answer STRING, prompt_tokens STRING",
                        "",
                        "OUTPUT column 'prompt_tokens' has the type STRING",
                        "needs the type INT or BIGINT",
                        "LLM-SQ-06"),
                columns(
                        INPUT,
                        "answer STRING NOT NULL",
                        "",
                        "OUTPUT columns are NOT NULL: 'answer'",
                        "'required-columns'",
                        "LLM-SQ-06"),
                columns(
                        INPUT,
                        "a INT, b MAP<STRING, STRING>",
                        "",
                        "Column 'b' has the type MAP<STRING, STRING>",
                        "LLM-SQ-07"),
                columns(
                        INPUT,
                        "a INT, b INT",
                        "'schema' = '{\"properties\": {\"a\": {\"unevaluatedItems\": {}}}}'",
                        "cannot be enforced. schema at #/allOf/0/properties/a/unevaluatedItems",
                        "LLM-GR-02"),
                columns(
                        INPUT,
                        "a INT, b INT",
                        "'schema' = '{\"properties\": {\"a\": {\"type\": \"string\"}}}'",
                        "cannot be enforced",
                        "LLM-GR-03"),
                columns(
                        INPUT,
                        "a INT, b INT",
                        "'schema' = '{\"properties\": {\"a\": {\"$ref\": \"#/properties/b\"}}}'",
                        "Given is the reference '#/properties/b'",
                        "LLM-SQ-08"),
                columns(
                        INPUT,
                        "a INT, b INT",
                        "'schema' = '"
                                + "{\"not\": ".repeat(1_100)
                                + "{}"
                                + "}".repeat(1_100)
                                + "'",
                        "nesting depth (1001) exceeds",
                        "LLM-SQ-08"),
                columns(INPUT, "a INT, b INT", "'schema' = '[1]'", "no JSON object", "LLM-SQ-08"),
                columns(INPUT, "a INT, b INT", "'schema' = '{'", "no JSON: ", "LLM-SQ-08"),
                columns(
                        INPUT,
                        "a INT, b INT",
                        "'required-columns' = 'c'",
                        "Given is 'c', allowed is '*', or one of the answer's columns a, b",
                        "LLM-SQ-01"),
                columns(
                        INPUT,
                        "category STRING, priority INT",
                        "'max-tokens' = '10'",
                        "Given is 10, but the shortest answer may take ",
                        "LLM-SQ-08"),
                columns(INPUT, "a INT, b INT", "'stop' = 'x'", "stop", "LLM-SP-17"),
                columns(INPUT, "label STRING", "'task' = 'classify'", "labels", "LLM-SQ-03"),
                columns(
                        INPUT,
                        "label STRING",
                        "'task' = 'classify', 'labels' = 'a;a'",
                        "all different",
                        "LLM-SQ-01"),
                columns(INPUT, "label INT", classify, "needs one STRING column", "LLM-SQ-06"),
                columns(
                        INPUT,
                        "label STRING, p DOUBLE, q DOUBLE",
                        classify,
                        "needs one STRING column",
                        "LLM-SQ-06"),
                columns(
                        INPUT,
                        "label STRING",
                        classify + ", 'temperature' = '1'",
                        "Option 'temperature' has no use in the task 'classify'",
                        "LLM-SQ-04"),
                columns(INPUT, "v STRING", "'task' = 'embed'", "ARRAY<FLOAT>", "LLM-SQ-06"),
                columns(
                        INPUT,
                        "v ARRAY<FLOAT>",
                        "'task' = 'embed', 'dimension' = '0'",
                        "at least 1",
                        "LLM-SQ-01"),
                columns(
                        INPUT,
                        "v ARRAY<FLOAT>",
                        "'task' = 'embed', 'pooling' = 'max'",
                        "one of mean, last",
                        "LLM-SQ-01"),
                columns(
                        "body STRING, other STRING",
                        "s INT",
                        "'task' = 'score'",
                        "needs one DOUBLE column",
                        "LLM-SQ-06"));
    }

    private static Arguments bad(String options, String... messages) {
        return Arguments.of(INPUT, OUTPUT, options, "", List.of(messages));
    }

    private static Arguments columns(
            String input, String output, String options, String... messages) {
        String all = options.isEmpty() ? "'model' = 'm'" : "'model' = 'm', " + options;
        return Arguments.of(input, output, all, "", List.of(messages));
    }

    static Stream<Arguments> queries() {
        String model = "'model' = 'm'";
        return Stream.of(
                Arguments.of(
                        INPUT,
                        OUTPUT,
                        model,
                        ", MAP['temprature', '1']",
                        List.of(
                                "Unsupported options found for 'the CONFIG of ML_PREDICT'.",
                                "Did you mean 'temperature'?",
                                "LLM-SQ-02")),
                Arguments.of(
                        INPUT,
                        OUTPUT,
                        model,
                        ", MAP['engine.max-num-seqs', '1']",
                        List.of("Unsupported options:\n\nengine.max-num-seqs", "LLM-SQ-02")),
                Arguments.of(
                        INPUT, OUTPUT, model, ", MAP['temperature', '3']", List.of("LLM-SP-01")),
                Arguments.of(INPUT, OUTPUT, model, ", MAP['async', 'false']", List.of("sync")),
                Arguments.of("body INT", OUTPUT, model, "", List.of("INT")));
    }

    /** Only checked here: paths are resolved where the engine is loaded. */
    @ParameterizedTest
    @CsvSource({
        "/models/../etc/passwd, Invalid value for option 'model'. model: got '/models/../etc/passwd'",
        "/etc/passwd, expected a path that stays below one of the allowed folders /models",
        "file:/models/m, add its folder to the environment variable MILLRACE_ALLOWED_MODEL_ROOTS [LLM-HB-18]",
        "m, LLM-HB-18",
    })
    void pathsOutsideOfTheAllowedFoldersAreRefused(String model, String message) {
        SqlModelReader reader =
                new SqlModelReader(
                        "millrace", EngineSource.ofCheckpoints(new ModelRoots(List.of("/models"))));
        RowType text = RowType.of(VarCharType.STRING_TYPE);
        assertThatThrownBy(() -> reader.read("m", Map.of("model", model), text, text))
                .isInstanceOf(ValidationException.class)
                .hasMessageContaining(message);
        for (String allowed : List.of("/models/m", "/models/x/../m", "acme/tiny:Q8_0")) {
            assertThat(reader.read("m", Map.of("model", allowed), text, text).engine().label())
                    .isNotEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource({"options", "columns", "queries"})
    void isRefusedAtPlanning(
            String input, String output, String options, String config, List<String> messages) {
        String provider = "'provider' = 'millrace'" + (options.isEmpty() ? "" : ", " + options);
        TestingSql sql =
                TestingSql.streaming()
                        .run(
                                "CREATE MODEL m INPUT (%s) OUTPUT (%s) WITH (%s)"
                                        .formatted(input, output, provider));
        String descriptor = input.replaceAll(" \\w+(,|$)", "$1");
        String query =
                "SELECT * FROM ML_PREDICT(%s, MODEL m, DESCRIPTOR(%s)%s)"
                        .formatted(TABLE, descriptor, config);
        assertThatThrownBy(() -> sql.explain(query))
                .satisfies(
                        error -> {
                            String all = TestingSql.allMessages(error);
                            for (String message : messages) {
                                assertThat(all).contains(message);
                            }
                        });
    }
}
