package dev.millrace.connector;

import dev.millrace.engine.Problem;
import java.io.IOException;
import org.apache.avro.Schema;

/**
 * The schemas of a job, found and checked before it starts.
 *
 * @param input how records are read
 * @param output how answers are written
 */
record Schemas(ValueFormat input, OutputFormat output) {

    /**
     * Reads the input schema, checks everything that names its fields, and registers the output schema.
     *
     * @throws InvalidJobException if a schema is missing or does not have what the job needs
     */
    static Schemas resolve(JobConfig config) {
        SchemaConfig schemas = config.schema();
        SchemaRegistry registry = schemas.registry().map(SchemaRegistry::new).orElse(null);
        Schema input =
                schemas.file()
                        .map(AvroSchemas::read)
                        .orElseGet(() -> latest(registry, schemas.subject()));
        config.prompt().check(input);
        config.sampling().check(input);
        Schema output = config.answer().outputSchema(input);
        Integer id = registry == null ? null : register(registry, schemas.outputSubject(), output);
        return new Schemas(
                new ValueFormat(input, schemas.registry().orElse(null)),
                new OutputFormat(config.outputTopic(), output, id));
    }

    private static Schema latest(SchemaRegistry registry, String subject) {
        try {
            return AvroSchemas.requireRecord(registry.latest(subject), "subject " + subject);
        } catch (IOException e) {
            throw unavailable("the latest schema of " + subject, JobOption.SCHEMA_SUBJECT, e);
        }
    }

    private static int register(SchemaRegistry registry, String subject, Schema output) {
        try {
            return registry.register(subject, output);
        } catch (IOException e) {
            throw unavailable(
                    "an id for the output schema under " + subject,
                    JobOption.SCHEMA_OUTPUT_SUBJECT,
                    e);
        }
    }

    private static InvalidJobException unavailable(
            String wanted, JobOption option, IOException cause) {
        return new InvalidJobException(
                new Problem(
                        JobError.REGISTRY,
                        JobOption.SCHEMA_REGISTRY.key(),
                        cause.getMessage(),
                        wanted,
                        "Check the URL, the credentials and " + option.key()),
                cause);
    }
}
