package dev.millrace.connector;

import dev.millrace.engine.Request;
import dev.millrace.operator.RequestFunction;
import java.io.IOException;
import org.apache.avro.generic.GenericRecord;

/**
 * What to ask the model for a Kafka record.
 *
 * <p>Thread-safety: none; each task has its own copy.
 */
final class PromptFunction implements RequestFunction<SourceRecord> {
    private static final long serialVersionUID = 1L;

    private final ValueFormat format;
    private final PromptConfig prompt;
    private final SamplingConfig sampling;

    private transient AvroReader reader;

    PromptFunction(ValueFormat format, PromptConfig prompt, SamplingConfig sampling) {
        this.format = format;
        this.prompt = prompt;
        this.sampling = sampling;
    }

    @Override
    public Request request(SourceRecord record) throws IOException {
        if (reader == null) {
            reader = format.open();
        }
        GenericRecord value = reader.read(record.value());
        return Request.of(record.id(), prompt.render(value), sampling.params(value, record.id()));
    }
}
