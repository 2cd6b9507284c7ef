package dev.millrace.connector;

import java.util.Objects;

/**
 * A header of a Kafka record.
 *
 * @param key its name; may occur more than once in a record
 * @param value its bytes; may be null
 */
@SuppressWarnings(
        "ArrayRecordComponent") // bytes as Kafka has them; such records are never compared
record RecordHeader(String key, byte[] value) {
    RecordHeader {
        Objects.requireNonNull(key, "key");
    }
}
