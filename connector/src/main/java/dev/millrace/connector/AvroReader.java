package dev.millrace.connector;

import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.Problem;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.flink.formats.avro.SchemaCoder;

/**
 * Decodes the values of Kafka records into generic records of one schema.
 *
 * <p>Thread-safety: none; each task has its own.
 */
final class AvroReader {
    private final Schema readerSchema;
    private final SchemaCoder writerSchemas;
    private final GenericDatumReader<GenericRecord> datumReader;
    private BinaryDecoder decoder;

    /** The writer's schema that was compared last. */
    private Schema compared;

    private AvroReader(Schema readerSchema, SchemaCoder writerSchemas) {
        this.readerSchema = readerSchema;
        this.writerSchemas = writerSchemas;
        this.datumReader = new GenericDatumReader<>(readerSchema, readerSchema, new GenericData());
    }

    /** Values are written with the reader's schema, without a prefix. */
    static AvroReader plain(Schema readerSchema) {
        return new AvroReader(readerSchema, new FixedSchema(readerSchema));
    }

    /** Values begin with what names their writer's schema. */
    static AvroReader of(Schema readerSchema, SchemaCoder writerSchemas) {
        return new AvroReader(readerSchema, writerSchemas);
    }

    /**
     * Decodes one value.
     *
     * @throws InvalidRequestException with a {@link RecordError} if it cannot be decoded
     * @throws IOException if the registry does not answer
     */
    GenericRecord read(byte[] value) throws IOException {
        requireBytes(value);
        ByteArrayInputStream in = new ByteArrayInputStream(value);
        Schema writerSchema = writerSchemas.readSchema(in);
        int from = value.length - in.available();
        AvroScanner.check(writerSchema, value, from);
        requireSameMeaning(writerSchema);
        decoder = DecoderFactory.get().binaryDecoder(value, from, value.length - from, decoder);
        try {
            datumReader.setSchema(writerSchema);
            return datumReader.read(null, decoder);
        } catch (AvroRuntimeException e) {
            // The scanner has been over the bytes, so it is the two schemas that do not fit; the
            // message names types and fields.
            throw mismatch(e.getMessage());
        }
    }

    private static void requireBytes(byte[] value) {
        if (value == null) {
            throw invalid(
                    RecordError.TOMBSTONE,
                    "null",
                    "To leave out tombstones, set source.tombstones to skip");
        }
        if (value.length == 0) {
            throw invalid(RecordError.EMPTY_VALUE, "0 bytes", "Check the producer's serializer");
        }
    }

    private static InvalidRequestException invalid(RecordError code, String given, String remedy) {
        return new InvalidRequestException(
                new Problem(code, "record value", given, "an Avro value", remedy));
    }

    private void requireSameMeaning(Schema writerSchema) {
        if (!writerSchema.equals(compared)) {
            Optional<String> mismatch = LogicalTypeCheck.mismatch(writerSchema, readerSchema);
            if (mismatch.isPresent()) {
                throw mismatch(mismatch.get());
            }
            compared = writerSchema;
        }
    }

    private InvalidRequestException mismatch(String how) {
        return new InvalidRequestException(
                new Problem(
                        RecordError.SCHEMA_MISMATCH,
                        "record value",
                        "a writer's schema that does not resolve (" + how + ")",
                        "one that resolves to " + readerSchema.getFullName(),
                        "Give added fields defaults, and keep types as they are"));
    }

    private record FixedSchema(Schema schema) implements SchemaCoder {
        @Override
        public Schema readSchema(InputStream in) {
            return schema;
        }

        @Override
        public void writeSchema(Schema ignored, OutputStream out) {}
    }
}
