package dev.millrace.examples;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Writes tickets to a topic: the id as key, the ticket without its label as Avro. */
final class TicketProducer {

    private TicketProducer() {}

    static void produce(List<Ticket> tickets, Schema schema, String bootstrapServers, String topic)
            throws IOException, InterruptedException, ExecutionException {
        Map<String, Object> config =
                Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
            List<Future<?>> sends = new ArrayList<>();
            for (Ticket ticket : tickets) {
                byte[] key = ticket.id().getBytes(StandardCharsets.UTF_8);
                // Not the ticket's own time: brokers delete records that look older than their
                // retention.
                sends.add(
                        producer.send(
                                new ProducerRecord<>(topic, key, encode(record(ticket, schema)))));
            }
            producer.flush();
            for (Future<?> send : sends) {
                send.get();
            }
        }
    }

    private static GenericRecord record(Ticket ticket, Schema schema) {
        GenericRecord record = new GenericData.Record(schema);
        record.put("id", ticket.id());
        record.put("customer", ticket.customer());
        record.put("subject", ticket.subject());
        record.put("body", ticket.body());
        record.put("createdAt", ticket.createdAt());
        return record;
    }

    private static byte[] encode(GenericRecord record) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
        new GenericDatumWriter<GenericRecord>(record.getSchema()).write(record, encoder);
        encoder.flush();
        return bytes.toByteArray();
    }
}
