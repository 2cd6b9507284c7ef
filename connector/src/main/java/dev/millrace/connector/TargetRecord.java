package dev.millrace.connector;

import java.util.List;
import java.util.Objects;

/**
 * A record on its way to Kafka: an answer or a dead letter, told apart by its topic.
 *
 * @param topic where it goes
 * @param timestamp of the source record, milliseconds since the epoch
 * @param key of the source record; may be null
 * @param value may be null in a dead letter
 * @param headers in order
 */
@SuppressWarnings(
        "ArrayRecordComponent") // bytes as Kafka has them; such records are never compared
record TargetRecord(
        String topic, long timestamp, byte[] key, byte[] value, List<RecordHeader> headers) {

    TargetRecord {
        Objects.requireNonNull(topic, "topic");
        headers = List.copyOf(headers);
    }
}
