package dev.millrace.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.SamplingParams;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.junit.jupiter.api.Test;

class SamplingConfigTest {
    private static final Schema SCHEMA =
            SchemaBuilder.record("R").fields().optionalLong("n").optionalDouble("x").endRecord();

    private static final SamplingParams PARAMS =
            SamplingParams.builder().temperature(0.5f).maxTokens(9).topP(0.9f).seed(3).build();

    private static GenericRecord record(Long n, Double x) {
        GenericRecord record = new GenericData.Record(SCHEMA);
        record.put("n", n);
        record.put("x", x);
        return record;
    }

    private static SamplingConfig config(
            boolean seedOfRecord, SamplingColumn column, String field) {
        return new SamplingConfig(PARAMS, seedOfRecord, Map.of(column, FieldPath.parse(field)));
    }

    @Test
    void aColumnOverridesAndNullKeepsTheJobsValue() {
        SamplingConfig config = config(false, SamplingColumn.MAX_TOKENS, "n");
        config.check(SCHEMA);
        assertThat(config.params(record(4L, null), "t-0-1"))
                .isEqualTo(PARAMS.toBuilder().maxTokens(4).build());
        assertThat(config.params(record(null, null), "t-0-1")).isEqualTo(PARAMS);
    }

    @Test
    void everyColumnReachesItsParameter() {
        GenericRecord record = record(1L, 0.25);
        for (SamplingColumn column : SamplingColumn.values()) {
            SamplingConfig config = config(false, column, column.whole() ? "n" : "x");
            config.check(SCHEMA);
            assertThat(config.params(record, "t-0-1")).as(column.name()).isNotEqualTo(PARAMS);
        }
    }

    @Test
    void aNumberThatItsParameterCannotHoldIsTheRecordsError() {
        SamplingConfig config = config(false, SamplingColumn.TOP_K, "n");
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> config.params(record(1L << 32, null), "t-0-1"))
                .withMessageContaining("top-k: got 4294967296")
                .withMessageContaining("[LLM-PR-02]");
    }

    @Test
    void withoutAJobSeedEachRecordHasItsOwnAndKeepsIt() {
        SamplingConfig config = config(true, SamplingColumn.MAX_TOKENS, "n");
        GenericRecord record = record(null, null);
        long seed = config.params(record, "t-0-1").seed();
        assertThat(config.params(record, "t-0-1").seed()).isEqualTo(seed);
        assertThat(config.params(record, "t-0-2").seed()).isNotEqualTo(seed);
        SamplingConfig seedColumn = config(true, SamplingColumn.SEED, "n");
        assertThat(seedColumn.params(record(8L, null), "t-0-1").seed()).isEqualTo(8);
    }
}
