package dev.millrace.connector;

import dev.millrace.operator.FailedRecord;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.functions.MapFunction;

/**
 * The dead letter of a record: its bytes and headers as they came, and headers that say what was wrong.
 *
 * <p>Thread-safety: stateless.
 */
final class DeadLetterFunction implements MapFunction<FailedRecord<SourceRecord>, TargetRecord> {
    private static final long serialVersionUID = 1L;

    /** What the added headers' names begin with. A record that comes back here gets them again, behind the old ones. */
    static final String PREFIX = "millrace.";

    private final String topic;

    DeadLetterFunction(String topic) {
        this.topic = topic;
    }

    @Override
    public TargetRecord map(FailedRecord<SourceRecord> failed) {
        SourceRecord record = failed.record();
        List<RecordHeader> headers = new ArrayList<>(record.headers());
        add(headers, "status", failed.status().name());
        add(headers, "code", failed.code());
        add(headers, "message", failed.message());
        add(headers, "topic", record.topic());
        add(headers, "partition", String.valueOf(record.partition()));
        add(headers, "offset", String.valueOf(record.offset()));
        add(headers, "attempt", String.valueOf(failed.attempt()));
        return new TargetRecord(topic, record.timestamp(), record.key(), record.value(), headers);
    }

    private static void add(List<RecordHeader> headers, String name, String value) {
        headers.add(new RecordHeader(PREFIX + name, value.getBytes(StandardCharsets.UTF_8)));
    }
}
