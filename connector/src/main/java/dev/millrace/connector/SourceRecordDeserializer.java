package dev.millrace.connector;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/**
 * Takes records as they are; nothing is decoded here, so nothing can fail the source.
 *
 * <p>Thread-safety: stateless.
 */
final class SourceRecordDeserializer implements KafkaRecordDeserializationSchema<SourceRecord> {
    private static final long serialVersionUID = 1L;

    private final boolean skipTombstones;

    SourceRecordDeserializer(boolean skipTombstones) {
        this.skipTombstones = skipTombstones;
    }

    @Override
    public void deserialize(
            ConsumerRecord<byte[], byte[]> record, Collector<SourceRecord> collector) {
        if (record.value() == null && skipTombstones) {
            return;
        }
        List<RecordHeader> headers = new ArrayList<>();
        for (Header header : record.headers()) {
            headers.add(new RecordHeader(header.key(), header.value()));
        }
        collector.collect(
                new SourceRecord(
                        record.topic(),
                        record.partition(),
                        record.offset(),
                        record.timestamp(),
                        record.key(),
                        record.value(),
                        headers));
    }

    @Override
    public TypeInformation<SourceRecord> getProducedType() {
        return RecordTypeInfo.SOURCE;
    }
}
