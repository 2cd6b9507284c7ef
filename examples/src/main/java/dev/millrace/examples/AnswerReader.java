package dev.millrace.examples;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Follows the output and dead-letter topics as any careful reader does, {@code read_committed}, and enters what it finds into
 * the ledger.
 *
 * <p>Thread-safety: none.
 */
final class AnswerReader implements AutoCloseable {
    private static final Duration END_TIMEOUT = Duration.ofSeconds(30);

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final GenericDatumReader<GenericRecord> decoder;
    private final String outputTopic;
    private final Ledger ledger;

    AnswerReader(
            String bootstrapServers,
            Schema outputSchema,
            String outputTopic,
            String deadLetterTopic,
            Ledger ledger) {
        this.decoder = new GenericDatumReader<>(outputSchema);
        this.outputTopic = outputTopic;
        this.ledger = ledger;
        this.consumer =
                new KafkaConsumer<>(
                        Map.of(
                                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                                bootstrapServers,
                                ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                                "read_committed",
                                ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                                "earliest",
                                ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                                false),
                        new ByteArrayDeserializer(),
                        new ByteArrayDeserializer());
        consumer.assign(
                List.of(outputTopic, deadLetterTopic).stream()
                        .flatMap(topic -> consumer.partitionsFor(topic).stream())
                        .map(info -> new TopicPartition(info.topic(), info.partition()))
                        .toList());
    }

    /** Enters what has been committed since the last call; waits at most {@code timeout} for it. */
    void poll(Duration timeout) throws IOException {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(timeout)) {
            String id = new String(record.key(), StandardCharsets.UTF_8);
            if (record.topic().equals(outputTopic)) {
                ledger.answer(id, decode(record.value()));
            } else {
                ledger.deadLetter(id);
            }
        }
    }

    /** Reads up to the end of both topics, once nobody writes to them any more. */
    void readToEnd() throws IOException {
        Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
        long deadline = System.nanoTime() + END_TIMEOUT.toNanos();
        while (ends.entrySet().stream()
                .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("The output topic could not be read to its end");
            }
            poll(Duration.ofMillis(100));
        }
    }

    private GenericRecord decode(byte[] value) throws IOException {
        return decoder.read(null, DecoderFactory.get().binaryDecoder(value, null));
    }

    @Override
    public void close() {
        consumer.close();
    }
}
