package dev.millrace.connector.sql.table;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.connector.sql.model.SqlModelReader;
import dev.millrace.engine.Message;
import dev.millrace.engine.Prompt;
import dev.millrace.engine.Status;
import dev.millrace.operator.EngineSpec;
import dev.millrace.operator.FailedRecord;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarBinaryType;
import org.apache.flink.table.types.logical.VarCharType;
import org.apache.flink.table.types.utils.TypeConversions;
import org.junit.jupiter.api.Test;

/** Rows on their way through a {@code millrace-kafka} table. */
final class AnsweredRowsTest {
    private static final LogicalType TEXT = VarCharType.STRING_TYPE;
    private static final LogicalType HEADERS =
            new MapType(TEXT, new VarBinaryType(VarBinaryType.MAX_LENGTH));

    private static RowType type(Object... namesAndTypes) {
        LogicalType[] types = new LogicalType[namesAndTypes.length / 2];
        String[] names = new String[types.length];
        for (int i = 0; i < types.length; i++) {
            names[i] = (String) namesAndTypes[2 * i];
            types[i] = (LogicalType) namesAndTypes[2 * i + 1];
        }
        return RowType.of(types, names);
    }

    private static StringData string(String text) {
        return StringData.fromString(text);
    }

    @Test
    void fieldsAreFoundByTheirNamesAndMissingOnesAreNull() {
        RowMapping mapping =
                RowMapping.of(
                        type("id", TEXT, "n", new IntType()),
                        type("answer", TEXT, "n", new IntType(), "id", TEXT));
        assertThat(mapping.map(GenericRowData.of(string("a"), 7)))
                .isEqualTo(GenericRowData.of(null, 7, string("a")));
    }

    /** Kafka's headers, for instance: such columns come along, and no prompt shows them. */
    @Test
    void columnsWithoutATextAreNoInputs() {
        DataType table =
                TypeConversions.fromLogicalToDataType(
                        type("id", TEXT, "headers", HEADERS, "answer", TEXT));
        assertThat(AnswerColumns.of(table, List.of("answer")).inputType().getFieldNames())
                .containsExactly("id");
    }

    @Test
    void idsAreTheSameForEveryAttempt() {
        RowData place = GenericRowData.of(string("topic"), 3, 14L);
        Prompt prompt = new Prompt.Text("one");
        assertThat(new RowId.Place(0, 1, 2).of(place, prompt)).isEqualTo("topic-3-14");

        RowId column = new RowId.Column(RowData.createFieldGetter(new BigIntType(), 0));
        assertThat(column.of(GenericRowData.of(5L), prompt))
                .isEqualTo(column.of(GenericRowData.of(5L), new Prompt.Text("two")))
                .isEqualTo("5");
        RowId ofPrompt = new RowId.OfPrompt();
        assertThat(column.of(GenericRowData.of((Object) null), prompt))
                .isEqualTo(ofPrompt.of(place, prompt))
                .isEqualTo("9e964da0410246da21eb09ce");
        assertThat(ofPrompt.of(place, new Prompt.Chat(List.of(new Message("user", "one")))))
                .isNotEqualTo(ofPrompt.of(place, prompt));
    }

    @Test
    void deadLettersKeepTheirHeadersAndSayWhy() {
        RowType in = type("id", TEXT, "answer", TEXT, "error_code", TEXT, "h", HEADERS);
        RowType out = type("id", TEXT, "answer", TEXT, "error_code", TEXT, "h", HEADERS, "t", TEXT);
        AnswerColumns columns =
                AnswerColumns.of(
                        TypeConversions.fromLogicalToDataType(in), List.of("answer", "error_code"));
        RowTask task =
                RowTask.of(
                        TableOptions.model(
                                new SqlModelReader("testing", EngineSpec::new),
                                "t",
                                Map.of("llm.model", "/none", "llm.prompt", "{{id}}"),
                                columns));
        DeadLetterRow letters =
                new DeadLetterRow(RowAnswer.of(in, out, columns, task), "dead", 4, 3);
        Map<StringData, byte[]> trace = Map.of(string("trace"), "x".getBytes(UTF_8));
        RowData row = GenericRowData.of(string("a"), null, null, new GenericMapData(trace));

        RowData letter =
                letters.result(
                        new FailedRecord<>(row, Status.INVALID_INPUT, "LLM-XX-01", "No.", 2));

        assertThat(letter.getString(0)).isEqualTo(string("a"));
        assertThat(letter.isNullAt(1)).isTrue();
        assertThat(letter.getString(2)).isEqualTo(string("LLM-XX-01"));
        assertThat(letter.getString(4)).isEqualTo(string("dead"));
        MapData headers = letter.getMap(3);
        assertThat(headers.size()).isEqualTo(5);
        for (int i = 0; i < headers.size(); i++) {
            String value = new String(headers.valueArray().getBinary(i), UTF_8);
            assertThat(value)
                    .isEqualTo(
                            switch (headers.keyArray().getString(i).toString()) {
                                case "trace" -> "x";
                                case "millrace.status" -> "INVALID_INPUT";
                                case "millrace.code" -> "LLM-XX-01";
                                case "millrace.message" -> "No.";
                                case "millrace.attempt" -> "2";
                                default -> "no such header";
                            });
        }
    }
}
