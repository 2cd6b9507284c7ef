package dev.millrace.connector.sql.row;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.engine.grammar.RandomAnswers;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every answer that a row type's schema lets through becomes a row of this type, with the same values. */
class RowSchemaTest {
    private static final JsonMapper JSON =
            JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();
    private static final int TYPES = 120;
    private static final int ANSWERS = 12;

    static IntStream seeds() {
        return IntStream.range(0, TYPES);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void everyAnswerBecomesARowWithItsValues(int seed) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        RowType type = (RowType) RandomRowTypes.row(random, 2).copy(false);
        RowSchema schema = RowSchema.of(type);
        int maxTokens = 400 + random.nextInt(600);
        for (String answer : RandomAnswers.of(schema.schema(), ANSWERS, maxTokens, random)) {
            assertSame(JSON.readTree(answer), schema.read(answer), type, answer);
        }
    }

    /** Reads Flink's internal form by itself, through the getters that generated code uses. */
    private static void assertSame(JsonNode node, Object value, LogicalType type, String answer) {
        if (node.isNull()) {
            assertThat(value).as(answer).isNull();
            return;
        }
        String text = node.asText();
        switch (type.getTypeRoot()) {
            case ROW -> assertSameRow(node, (RowData) value, (RowType) type, answer);
            case ARRAY ->
                    assertSameArray(node, (ArrayData) value, type.getChildren().get(0), answer);
            case DECIMAL -> {
                BigDecimal decimal = ((DecimalData) value).toBigDecimal();
                assertThat(decimal).as(answer).isEqualByComparingTo(new BigDecimal(text));
                assertThat(decimal.scale()).isEqualTo(((DecimalType) type).getScale());
            }
            case FLOAT -> assertThat(value).as(answer).isEqualTo(Float.valueOf(text));
            case DOUBLE -> assertThat(value).as(answer).isEqualTo(Double.valueOf(text));
            case DATE ->
                    assertThat(LocalDate.ofEpochDay((Integer) value))
                            .as(answer)
                            .isEqualTo(LocalDate.parse(text));
            case TIME_WITHOUT_TIME_ZONE ->
                    assertThat(LocalTime.ofNanoOfDay((Integer) value * 1_000_000L))
                            .as(answer)
                            .isEqualTo(LocalTime.parse(text));
            case TIMESTAMP_WITHOUT_TIME_ZONE ->
                    assertThat(((TimestampData) value).toLocalDateTime())
                            .as(answer)
                            .isEqualTo(LocalDateTime.parse(text));
            case TIMESTAMP_WITH_LOCAL_TIME_ZONE ->
                    assertThat(((TimestampData) value).toInstant())
                            .as(answer)
                            .isEqualTo(Instant.parse(text));
            default -> assertThat(value.toString()).as(answer).isEqualTo(text);
        }
    }

    private static void assertSameRow(JsonNode node, RowData row, RowType type, String answer) {
        assertThat(row.getArity()).as(answer).isEqualTo(node.size());
        for (int i = 0; i < row.getArity(); i++) {
            RowType.RowField field = type.getFields().get(i);
            Object value = RowData.createFieldGetter(field.getType(), i).getFieldOrNull(row);
            assertSame(node.get(field.getName()), value, field.getType(), answer);
        }
    }

    private static void assertSameArray(
            JsonNode node, ArrayData array, LogicalType element, String answer) {
        assertThat(array.size()).as(answer).isEqualTo(node.size());
        ArrayData.ElementGetter getter = ArrayData.createElementGetter(element);
        for (int i = 0; i < array.size(); i++) {
            assertSame(node.get(i), getter.getElementOrNull(array, i), element, answer);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "BOOLEAN NOT NULL | {\"type\":\"boolean\"}",
                "STRING | {\"type\":[\"string\",\"null\"]}",
                "VARCHAR(7) NOT NULL | {\"type\":\"string\",\"maxLength\":7}",
                "CHAR(2) NOT NULL | {\"type\":\"string\",\"maxLength\":2,\"minLength\":2}",
                "TINYINT NOT NULL | {\"type\":\"integer\",\"minimum\":-128,\"maximum\":127}",
                "BIGINT NOT NULL | {\"type\":\"integer\",\"minimum\":-9223372036854775808,\"maximum\":9223372036854775807}",
                "DECIMAL(4, 2) NOT NULL | {\"type\":\"number\",\"minimum\":-99.99,\"maximum\":99.99,\"multipleOf\":0.01}",
                "DECIMAL(3, 0) NOT NULL | {\"type\":\"integer\",\"minimum\":-999,\"maximum\":999}",
                "DATE NOT NULL | {\"type\":\"string\",\"format\":\"date\"}",
                "ARRAY<INT NOT NULL> NOT NULL | {\"type\":\"array\",\"items\":{\"type\":\"integer\",\"minimum\":-2147483648,\"maximum\":2147483647}}",
            })
    void typesHaveTheseSchemas(String type, String schema) {
        LogicalType column = LogicalTypeParser.parse(type, RowSchemaTest.class.getClassLoader());
        assertThat(
                        RowSchema.of(RowType.of(new LogicalType[] {column}, new String[] {"c"}))
                                .schema())
                .isEqualTo(
                        "{\"type\":\"object\",\"properties\":{\"c\":"
                                + schema
                                + "},\"required\":[\"c\"],\"additionalProperties\":false}");
    }

    static Stream<DataType> refused() {
        return Stream.of(
                DataTypes.BYTES(),
                DataTypes.BINARY(3),
                DataTypes.MAP(DataTypes.STRING(), DataTypes.INT()),
                DataTypes.MULTISET(DataTypes.STRING()),
                DataTypes.INTERVAL(DataTypes.DAY()),
                DataTypes.NULL(),
                DataTypes.VARIANT());
    }

    @ParameterizedTest
    @MethodSource("refused")
    void otherTypesAreRefusedWithTheirColumn(DataType type) {
        RowType row =
                (RowType)
                        DataTypes.ROW(
                                        DataTypes.FIELD("fine", DataTypes.INT()),
                                        DataTypes.FIELD(
                                                "list",
                                                DataTypes.ARRAY(
                                                        DataTypes.ROW(
                                                                DataTypes.FIELD("bad", type)))))
                                .getLogicalType();
        assertThatThrownBy(() -> RowSchema.of(row))
                .isInstanceOf(ValidationException.class)
                .hasMessageContaining("Column 'list[].bad' has the type " + type)
                .hasMessageContaining("[LLM-SQ-07]");
    }

    @Test
    void whatTheSchemaDoesNotLetThroughIsRefusedWithoutQuotingIt() {
        RowSchema schema =
                RowSchema.of(
                        (RowType)
                                DataTypes.ROW(DataTypes.FIELD("c", DataTypes.STRING()))
                                        .getLogicalType());
        RowData row = schema.read("{\"c\": \"x\"}");
        assertThat(row.getString(0)).hasToString("x");
        assertThatThrownBy(() -> schema.read("{\"c\": \"secret"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasNoCause()
                .hasMessageNotContaining("secret");
    }
}
