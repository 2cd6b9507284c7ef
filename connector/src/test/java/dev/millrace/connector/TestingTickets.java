package dev.millrace.connector;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;

/** Support tickets with one field of nearly every kind. */
final class TestingTickets {
    static final Schema SCHEMA =
            AvroSchemas.parse(
                    """
                    {"type": "record", "name": "Ticket", "namespace": "test", "fields": [
                      {"name": "id", "type": "int"},
                      {"name": "text", "type": "string"},
                      {"name": "channel", "type": {"type": "enum", "name": "Channel", "symbols": ["MAIL", "CHAT"]}},
                      {"name": "note", "type": ["null", "string"], "default": null},
                      {"name": "urgent", "type": "boolean"},
                      {"name": "tags", "type": {"type": "array", "items": "string"}},
                      {"name": "attributes", "type": {"type": "map", "values": "string"}},
                      {"name": "customer", "type": {"type": "record", "name": "Customer", "fields": [
                        {"name": "name", "type": "string"},
                        {"name": "score", "type": ["null", "double"], "default": null}]}},
                      {"name": "budget", "type": ["null", "int"], "default": null},
                      {"name": "blob", "type": "bytes"}]}
                    """);

    private TestingTickets() {}

    static GenericRecord ticket(int id, String text) {
        GenericRecord customer = new GenericData.Record(SCHEMA.getField("customer").schema());
        customer.put("name", "Ada");
        GenericRecord ticket = new GenericData.Record(SCHEMA);
        ticket.put("id", id);
        ticket.put("text", text);
        ticket.put(
                "channel", new GenericData.EnumSymbol(SCHEMA.getField("channel").schema(), "CHAT"));
        ticket.put("urgent", true);
        ticket.put("tags", List.of("a", "b"));
        ticket.put("attributes", Map.of("color", "red"));
        ticket.put("customer", customer);
        ticket.put("blob", java.nio.ByteBuffer.wrap(new byte[] {1, 2}));
        return ticket;
    }

    static byte[] encode(GenericRecord record) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(bytes, null);
            new GenericDatumWriter<GenericRecord>(record.getSchema()).write(record, encoder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    static GenericRecord decode(Schema schema, byte[] value) {
        try {
            return new GenericDatumReader<GenericRecord>(schema)
                    .read(null, DecoderFactory.get().binaryDecoder(value, null));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
