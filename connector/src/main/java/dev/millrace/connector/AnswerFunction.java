package dev.millrace.connector;

import dev.millrace.engine.Completion;
import dev.millrace.operator.ResultFunction;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;

/**
 * The record that answers a record: its fields, the answer's, and key, timestamp and headers as they were.
 *
 * <p>Thread-safety: none; each task has its own copy.
 */
final class AnswerFunction implements ResultFunction<SourceRecord, TargetRecord> {
    private static final long serialVersionUID = 1L;

    private final ValueFormat format;
    private final OutputFormat output;
    private final AnswerFields fields;
    private final String model;

    private transient AvroReader reader;
    private transient GenericDatumWriter<GenericRecord> writer;
    private transient BinaryEncoder encoder;

    AnswerFunction(ValueFormat format, OutputFormat output, AnswerFields fields, String model) {
        this.format = format;
        this.output = output;
        this.fields = fields;
        this.model = model;
    }

    @Override
    public TargetRecord result(SourceRecord record, Completion completion) throws IOException {
        if (reader == null) {
            reader = format.open();
            writer = new GenericDatumWriter<>(output.schema(), new GenericData());
        }
        GenericRecord answer = new GenericData.Record(output.schema());
        GenericRecord input = reader.read(record.value());
        for (Schema.Field field : input.getSchema().getFields()) {
            answer.put(field.pos(), input.get(field.pos()));
        }
        fields.fill(completion, model, answer);
        return new TargetRecord(
                output.topic(), record.timestamp(), record.key(), encode(answer), record.headers());
    }

    private byte[] encode(GenericRecord answer) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        if (output.schemaId() != null) {
            ConfluentSchemaCoder.writePrefix(output.schemaId(), bytes);
        }
        encoder = EncoderFactory.get().directBinaryEncoder(bytes, encoder);
        writer.write(answer, encoder);
        return bytes.toByteArray();
    }
}
