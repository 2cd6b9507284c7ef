package dev.millrace.connector;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;

/** Tickets with keys, headers and timestamps of their own, and records that cannot be answered among them. */
final class TestingInput {
    static final int PARTITIONS = 3;

    private final Map<String, ProducerRecord<byte[], byte[]>> records = new LinkedHashMap<>();
    private final String topic;

    private TestingInput(String topic) {
        this.topic = topic;
    }

    /** Writes tickets, six bad ones among the first sixty if asked; gives them by key. */
    static Map<String, ProducerRecord<byte[], byte[]>> write(
            EmbeddedKafka kafka, String topic, int good, boolean withBad) {
        TestingInput input = new TestingInput(topic);
        Random random = new Random(7);
        for (int i = 0; i < good; i++) {
            String text = "please help with case " + random.nextInt(1_000_000);
            byte[] value = TestingTickets.encode(TestingTickets.ticket(i, text));
            input.add(i, "ticket-" + i, value);
            if (withBad && i < 60 && i % 10 == 4) {
                input.add(i, "bad-" + i / 10, bad(i / 10, value));
            }
        }
        TestingTopics.write(kafka, List.copyOf(input.records.values()));
        return input.records;
    }

    private static byte[] bad(int kind, byte[] good) {
        return switch (kind) {
            case 0 -> null;
            case 1 -> new byte[0];
            case 2 -> Arrays.copyOf(good, good.length - 1);
            case 3 -> Arrays.copyOf(good, good.length + 1);
            case 4 -> TestingTickets.encode(TestingTickets.ticket(1, "long ".repeat(1000)));
            default -> {
                GenericRecord ticket = TestingTickets.ticket(1, "no tokens allowed");
                ticket.put("budget", 0);
                yield TestingTickets.encode(ticket);
            }
        };
    }

    private void add(int i, String key, byte[] value) {
        RecordHeaders headers = new RecordHeaders();
        headers.add("trace", key.getBytes(UTF_8));
        headers.add("nothing", null);
        records.put(
                key,
                new ProducerRecord<>(
                        topic, i % PARTITIONS, 1000L + i, key.getBytes(UTF_8), value, headers));
    }
}
