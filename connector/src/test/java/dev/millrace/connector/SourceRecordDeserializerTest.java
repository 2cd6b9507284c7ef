package dev.millrace.connector;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.functions.util.ListCollector;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

class SourceRecordDeserializerTest {

    private static List<SourceRecord> read(boolean skipTombstones, byte[] value) {
        List<SourceRecord> records = new ArrayList<>();
        new SourceRecordDeserializer(skipTombstones)
                .deserialize(
                        new ConsumerRecord<>("t", 1, 2, new byte[] {3}, value),
                        new ListCollector<>(records));
        return records;
    }

    @Test
    void tombstonesAreSkippedOnlyOnRequest() {
        assertThat(read(true, null)).isEmpty();
        assertThat(read(false, null)).hasSize(1);
        assertThat(read(true, new byte[0])).hasSize(1);
    }

    @Test
    void aRecordKeepsItsPlace() {
        SourceRecord record = read(false, new byte[] {4}).get(0);
        assertThat(record.id()).isEqualTo("t-1-2");
        assertThat(record.key()).containsExactly(3);
        assertThat(record.value()).containsExactly(4);
    }
}
