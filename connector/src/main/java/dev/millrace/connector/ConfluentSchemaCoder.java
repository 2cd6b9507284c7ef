package dev.millrace.connector;

import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.Problem;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import org.apache.avro.Schema;
import org.apache.flink.formats.avro.SchemaCoder;

/**
 * Confluent's wire format: a zero byte and the schema's id as four bytes, most significant first, before the Avro value.
 *
 * <p>Thread-safety: none; each task has its own.
 */
final class ConfluentSchemaCoder implements SchemaCoder {
    /** Bytes before the value. */
    static final int PREFIX_BYTES = 1 + Integer.BYTES;

    private static final int MAGIC = 0;

    private final SchemaRegistry registry;
    private final String subject;

    /** {@code subject} is what schemas are registered under; reading does without it. */
    ConfluentSchemaCoder(SchemaRegistry registry, String subject) {
        this.registry = registry;
        this.subject = subject;
    }

    /**
     * The writer's schema.
     *
     * @throws InvalidRequestException if the bytes name no schema that the registry has
     * @throws IOException if the registry does not answer
     */
    @Override
    public Schema readSchema(InputStream in) throws IOException {
        byte[] prefix = in.readNBytes(PREFIX_BYTES);
        if (prefix.length > 0 && prefix[0] != MAGIC) {
            throw notWireFormat(
                    String.format("first byte 0x%02X", prefix[0]),
                    prefix[0] == '{' || prefix[0] == '['
                            ? "This looks like JSON: write the topic with an Avro serializer"
                            : "For plain Avro without a registry, set schema.file only");
        }
        if (prefix.length < PREFIX_BYTES) {
            throw notWireFormat(prefix.length + " bytes", "Write it with a registry's serializer");
        }
        return registry.byId(ByteBuffer.wrap(prefix, 1, Integer.BYTES).getInt());
    }

    @Override
    public void writeSchema(Schema schema, OutputStream out) throws IOException {
        writePrefix(registry.register(subject, schema), out);
    }

    /** Magic byte and id. */
    static void writePrefix(int id, OutputStream out) throws IOException {
        DataOutputStream data = new DataOutputStream(out);
        data.writeByte(MAGIC);
        data.writeInt(id);
        data.flush();
    }

    private static InvalidRequestException notWireFormat(String given, String remedy) {
        return new InvalidRequestException(
                new Problem(
                        RecordError.NOT_WIRE_FORMAT,
                        "record value",
                        given,
                        "magic byte 0x00 and a schema id of four bytes",
                        remedy));
    }
}
