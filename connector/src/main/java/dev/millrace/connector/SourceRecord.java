package dev.millrace.connector;

import java.util.List;
import java.util.Objects;

/**
 * A record as it came from Kafka, value still undecoded: what the operator keeps while its answer is generated, and what goes
 * to the dead-letter topic if there is none. Arrays are shared, nobody writes to them.
 *
 * @param topic where it was read
 * @param partition where it was read
 * @param offset where it was read
 * @param timestamp milliseconds since the epoch
 * @param key may be null
 * @param value null for a tombstone
 * @param headers in order
 */
@SuppressWarnings(
        "ArrayRecordComponent") // bytes as Kafka has them; such records are never compared
record SourceRecord(
        String topic,
        int partition,
        long offset,
        long timestamp,
        byte[] key,
        byte[] value,
        List<RecordHeader> headers) {

    SourceRecord {
        Objects.requireNonNull(topic, "topic");
        headers = List.copyOf(headers);
    }

    /** {@code topic-partition-offset}: the same for every attempt at this record. */
    String id() {
        return topic + "-" + partition + "-" + offset;
    }
}
