package dev.millrace.examples;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Writes topics of JSON objects, and reads what is committed in them.
 *
 * <p>Thread-safety: none.
 */
final class TestingJsonTopics implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Map<String, Object> client;
    private final Map<String, List<JsonNode>> read = new HashMap<>();
    private final KafkaConsumer<byte[], byte[]> consumer;

    TestingJsonTopics(String bootstrapServers) {
        client = Map.of("bootstrap.servers", bootstrapServers);
        Map<String, Object> settings = new HashMap<>(client);
        settings.put("isolation.level", "read_committed");
        settings.put("auto.offset.reset", "earliest");
        settings.put("enable.auto.commit", false);
        consumer =
                new KafkaConsumer<>(
                        settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    void create(int partitions, String... topics) throws Exception {
        List<NewTopic> all = new ArrayList<>();
        List<TopicPartition> assigned = new ArrayList<>();
        for (String topic : topics) {
            all.add(new NewTopic(topic, partitions, (short) 1));
            read.put(topic, new ArrayList<>());
            for (int partition = 0; partition < partitions; partition++) {
                assigned.add(new TopicPartition(topic, partition));
            }
        }
        try (Admin admin = Admin.create(client)) {
            admin.createTopics(all).all().get();
        }
        consumer.assign(assigned);
    }

    void write(String topic, List<Map<String, String>> rows) throws IOException {
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(client, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (Map<String, String> row : rows) {
                var unused =
                        producer.send(new ProducerRecord<>(topic, JSON.writeValueAsBytes(row)));
            }
            producer.flush();
        }
    }

    /** All that is committed in a topic by now, in the order of its partitions. */
    List<JsonNode> read(String topic) throws IOException {
        Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
        while (ends.entrySet().stream()
                .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                read.get(record.topic()).add(JSON.readTree(record.value()));
            }
        }
        return read.get(topic);
    }

    @Override
    public void close() {
        consumer.close();
    }
}
