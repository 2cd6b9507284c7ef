package dev.millrace.connector;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import org.apache.flink.connector.kafka.lineage.DefaultKafkaDatasetFacet;
import org.apache.flink.connector.kafka.lineage.DefaultKafkaDatasetIdentifier;
import org.apache.flink.connector.kafka.lineage.KafkaDatasetFacet;
import org.apache.flink.connector.kafka.lineage.KafkaDatasetFacetProvider;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * Writes each record to the topic it names. The partition is left to Kafka's partitioner: by key where there is one.
 *
 * <p>It names its topics, because the sink looks in them for transactions that an earlier attempt left open.
 *
 * <p>Thread-safety: immutable.
 */
final class TargetRecordSerializationSchema
        implements KafkaRecordSerializationSchema<TargetRecord>, KafkaDatasetFacetProvider {
    private static final long serialVersionUID = 1L;

    private final List<String> topics;

    TargetRecordSerializationSchema(List<String> topics) {
        this.topics = List.copyOf(topics);
    }

    @Override
    public Optional<KafkaDatasetFacet> getKafkaDatasetFacet() {
        return Optional.of(
                new DefaultKafkaDatasetFacet(
                        DefaultKafkaDatasetIdentifier.ofTopics(topics), new Properties()));
    }

    @Override
    public ProducerRecord<byte[], byte[]> serialize(
            TargetRecord record, KafkaSinkContext context, Long timestamp) {
        List<Header> headers = new ArrayList<>(record.headers().size());
        for (RecordHeader header : record.headers()) {
            headers.add(
                    new org.apache.kafka.common.header.internals.RecordHeader(
                            header.key(), header.value()));
        }
        return new ProducerRecord<>(
                record.topic(),
                null,
                record.timestamp() < 0 ? null : record.timestamp(),
                record.key(),
                record.value(),
                new RecordHeaders(headers));
    }
}
