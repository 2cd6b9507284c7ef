package dev.millrace.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.engine.Completion;
import dev.millrace.engine.FinishReason;
import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.Output;
import dev.millrace.engine.Status;
import dev.millrace.engine.Timing;
import dev.millrace.engine.TokenIds;
import dev.millrace.engine.TokenLogprob;
import dev.millrace.engine.Usage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnswerFunctionTest {

    private static Completion completion(String... texts) {
        List<Output> outputs =
                IntStream.range(0, texts.length)
                        .mapToObj(
                                i ->
                                        new Output(
                                                i,
                                                texts[i],
                                                TokenIds.of(5, 6),
                                                FinishReason.STOP,
                                                List.of(
                                                        new TokenLogprob(5, -1f, List.of()),
                                                        new TokenLogprob(6, -0.5f, List.of()))))
                        .toList();
        return new Completion(
                "tickets-0-7", outputs, List.of(), new Usage(12, 4, 2, 0, 9), new Timing(1, 2, 3));
    }

    private static SourceRecord source() {
        byte[] value = TestingTickets.encode(TestingTickets.ticket(3, "the text"));
        return new SourceRecord(
                "tickets",
                0,
                7,
                99,
                new byte[] {1},
                value,
                List.of(new RecordHeader("h", new byte[] {2})));
    }

    private static GenericRecord answer(AnswerFields fields, Completion completion)
            throws IOException {
        Schema output = fields.outputSchema(TestingTickets.SCHEMA);
        AnswerFunction function =
                new AnswerFunction(
                        new ValueFormat(TestingTickets.SCHEMA, null),
                        new OutputFormat("answers", output, null),
                        fields,
                        "tiny");
        return TestingTickets.decode(output, function.result(source(), completion).value());
    }

    private static AnswerFields all(int n) {
        Map<String, AnswerField> fields = new LinkedHashMap<>();
        for (AnswerField field : AnswerField.values()) {
            fields.put("a_" + field.name(), field);
        }
        return new AnswerFields(fields, List.of(), null, n);
    }

    @Test
    void everyFieldOfAnAnswerCanBeAdded() throws IOException {
        GenericRecord record = answer(all(1), completion("yes"));
        assertThat(record.get("text")).hasToString("the text");
        assertThat(record.get("a_TEXT")).hasToString("yes");
        assertThat(record.get("a_FINISH_REASON")).hasToString("stop");
        assertThat(record.get("a_LOGPROB")).isEqualTo(-1.5);
        assertThat(record.get("a_PROMPT_TOKENS")).isEqualTo(12);
        assertThat(record.get("a_GENERATED_TOKENS")).isEqualTo(2);
        assertThat(record.get("a_EFFECTIVE_MAX_TOKENS")).isEqualTo(9);
        assertThat(record.get("a_MODEL")).hasToString("tiny");
        assertThat(record.get("a_REQUEST_ID")).hasToString("tickets-0-7");
    }

    @Test
    void severalOutputsMakeArrays() throws IOException {
        GenericRecord record = answer(all(2), completion("yes", "no"));
        assertThat(record.get("a_TEXT")).hasToString("[yes, no]");
        assertThat(record.get("a_LOGPROB")).isEqualTo(List.of(-1.5, -1.5));
        assertThat(record.get("a_MODEL")).hasToString("tiny");
    }

    @Test
    void theOutputSchemaCanReadWhatFewerFieldsWrote() {
        Schema output = all(2).outputSchema(TestingTickets.SCHEMA);
        assertThat(
                        SchemaCompatibility.checkReaderWriterCompatibility(
                                        output, TestingTickets.SCHEMA)
                                .getType())
                .isEqualTo(SchemaCompatibility.SchemaCompatibilityType.COMPATIBLE);
    }

    @Test
    void theRegistrysPrefixComesFirst() throws IOException {
        AnswerFields fields = all(1);
        OutputFormat format =
                new OutputFormat("answers", fields.outputSchema(TestingTickets.SCHEMA), 258);
        TargetRecord target =
                new AnswerFunction(
                                new ValueFormat(TestingTickets.SCHEMA, null), format, fields, "m")
                        .result(source(), completion("yes"));
        assertThat(target.value()).startsWith(0, 0, 0, 1, 2, 6);
        assertThat(target.key()).containsExactly(1);
        assertThat(target.timestamp()).isEqualTo(99);
        assertThat(target.headers()).hasSize(1);
        assertThat(target.topic()).isEqualTo("answers");
    }

    private static final Schema RECORD =
            AvroForm.read(
                    """
                    {"type": "record", "name": "Triage", "fields": [
                      {"name": "category", "type": {"type": "enum", "name": "C", "symbols": ["BILLING", "LOGIN"]}},
                      {"name": "score", "type": ["null", "int"]},
                      {"name": "number", "type": "long"},
                      {"name": "share", "type": "double"},
                      {"name": "words", "type": {"type": "array", "items": "string"}},
                      {"name": "counts", "type": {"type": "map", "values": "int"}},
                      {"name": "due", "type": {"type": "int", "logicalType": "date"}},
                      {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
                      {"name": "clock", "type": {"type": "int", "logicalType": "time-millis"}},
                      {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 2}},
                      {"name": "fixed", "type": {"type": "fixed", "name": "F", "size": 4, "logicalType": "decimal",
                                                 "precision": 6, "scale": 2}},
                      {"name": "key", "type": {"type": "string", "logicalType": "uuid"}},
                      {"name": "either", "type": ["null", "boolean", "string"]},
                      {"name": "next", "type": ["null", {"type": "record", "name": "Node", "fields": [
                        {"name": "v", "type": "int"}, {"name": "rest", "type": {"type": "array", "items": "Node"}}]}]}]}
                    """);

    @Test
    void anAnswerInTheFormOfARecordBecomesItsFields() throws IOException {
        String text =
                """
                {"category":"LOGIN","score":null,"number":9223372036854775807,"share":0.5,"words":["a","b"],"counts":{"x":1},
                 "due":"1970-01-03","at":"1970-01-01T00:00:01.5Z","clock":"00:00:02.003","price":-1.25,"fixed":-0.01,
                 "key":"00000000-0000-0000-0000-000000000001","either":"yes",
                 "next":{"v":1,"rest":[{"v":2,"rest":[]}]}}""";
        GenericRecord record =
                answer(new AnswerFields(Map.of(), List.of(), RECORD, 1), completion(text));
        assertThat(record.get("category")).hasToString("LOGIN");
        assertThat(record.get("score")).isNull();
        assertThat(record.get("number")).isEqualTo(Long.MAX_VALUE);
        assertThat(record.get("share")).isEqualTo(0.5);
        assertThat(record.get("words")).hasToString("[a, b]");
        assertThat(record.get("counts")).hasToString("{x=1}");
        assertThat(record.get("due")).isEqualTo(2);
        assertThat(record.get("at")).isEqualTo(1_500L);
        assertThat(record.get("clock")).isEqualTo(2_003);
        assertThat(record.get("price")).isEqualTo(ByteBuffer.wrap(new byte[] {-125}));
        assertThat(((GenericData.Fixed) record.get("fixed")).bytes())
                .containsExactly(-1, -1, -1, -1);
        assertThat(record.get("key")).hasToString("00000000-0000-0000-0000-000000000001");
        assertThat(record.get("either")).hasToString("yes");
        assertThat(record.get("next"))
                .hasToString("{\"v\": 1, \"rest\": [{\"v\": 2, \"rest\": []}]}");
    }

    /** What the form says of the record's fields. */
    @Test
    void theFormOfARecordIsItsJson() {
        String schema = AvroForm.of(RECORD).schema();
        assertThat(schema)
                .contains("\"additionalProperties\":false")
                .contains("{\"anyOf\":[{\"type\":\"null\"},{\"$ref\":\"#/$defs/Node\"}]}")
                .contains("\"multipleOf\":0.01")
                .contains("\"maximum\":9999.99");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "\"bytes\" ~ bytes",
                "[\"int\", \"long\"] ~ a union with two branches",
                "{\"type\": \"fixed\", \"name\": \"D\", \"size\": 12, \"logicalType\": \"duration\"} ~ duration",
                "{\"type\": \"bytes\", \"logicalType\": \"decimal\", \"precision\": 9, \"scale\": 6} ~ scale 6"
            })
    void typesThatJsonCannotHaveAreRefused(String type, String words) {
        Schema schema =
                AvroForm.read(
                        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"f\",\"type\":"
                                + type
                                + "}]}");
        assertThatThrownBy(() -> AvroForm.of(schema))
                .isInstanceOf(InvalidJobException.class)
                .hasMessageContaining("R.f")
                .hasMessageContaining(words);
    }

    private static AnswerFields json() {
        return new AnswerFields(
                Map.of(),
                List.of(
                        JsonField.parse("category", "string"),
                        JsonField.parse("size", "int"),
                        JsonField.parse("ratio", "double?")),
                null,
                1);
    }

    @Test
    void keysOfAJsonAnswerBecomeFields() throws IOException {
        GenericRecord record =
                answer(json(), completion(" {\"size\": 3, \"category\": \"a\", \"more\": []}\n"));
        assertThat(record.get("category")).hasToString("a");
        assertThat(record.get("size")).isEqualTo(3);
        assertThat(record.get("ratio")).isNull();
        GenericRecord full =
                answer(json(), completion("{\"size\":3,\"category\":\"\",\"ratio\":1}"));
        assertThat(full.get("ratio")).isEqualTo(1.0);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | ANSWER_NOT_JSON | no text",
                "secret | ANSWER_NOT_JSON | 6 characters",
                "[1] | ANSWER_NOT_JSON | a JSON ARRAY",
                "{\"category\":\"secret\" | ANSWER_NOT_JSON | invalid at",
                "{\"category\":\"secret\",\"size\":3} x | ANSWER_NOT_JSON | invalid at",
                "{\"size\":3} | ANSWER_KEY_MISMATCH | key category: got nothing; expected string",
                "{\"category\":null,\"size\":3} | ANSWER_KEY_MISMATCH | a JSON NULL",
                "{\"category\":\"secret\",\"size\":\"3\"} | ANSWER_KEY_MISMATCH | key size: got a JSON STRING",
                "{\"category\":\"secret\",\"size\":3000000000} | ANSWER_KEY_MISMATCH | expected int",
                "{\"category\":\"secret\",\"size\":3.5} | ANSWER_KEY_MISMATCH | a JSON NUMBER",
            })
    void anAnswerThatDoesNotFitIsTheRecordsErrorAndNotQuoted(
            String text, RecordError code, String message) {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> answer(json(), completion(text)))
                .satisfies(e -> assertThat(e.problem().code()).isEqualTo(code))
                .satisfies(
                        e -> assertThat(e.problem().code().status()).isEqualTo(Status.ENGINE_ERROR))
                .withMessageContaining(message)
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("secret"));
    }

    @Test
    void aRecordThatContainsItselfCannotBeExtended() {
        Schema node =
                AvroSchemas.parse(
                        """
                        {"type": "record", "name": "Node", "fields": [
                          {"name": "next", "type": ["null", "Node"], "default": null}]}
                        """);
        assertThatExceptionOfType(InvalidJobException.class)
                .isThrownBy(() -> all(1).outputSchema(node))
                .withMessageContaining("[LLM-JB-08]");
    }
}
