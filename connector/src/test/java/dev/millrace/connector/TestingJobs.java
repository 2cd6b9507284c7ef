package dev.millrace.connector;

import dev.millrace.engine.TestingEngines;
import dev.millrace.operator.EngineProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.LongConsumer;

/** Jobs over {@link TestingTickets}, with an engine without a model. */
final class TestingJobs {

    private TestingJobs() {}

    /** A job from {@code input} to the end that the topic has at the start, into two topics named after it, which it creates. */
    static JobConfig config(
            Path folder, EmbeddedKafka kafka, String name, String input, String... overrides)
            throws IOException {
        kafka.createTopics(TestingInput.PARTITIONS, name, name + "-dead");
        Path schema = Files.writeString(folder.resolve("t.avsc"), TestingTickets.SCHEMA.toString());
        Path file =
                Files.writeString(
                        folder.resolve(name + ".yaml"),
                        """
                        name: %1$s
                        model: unused
                        source: {bootstrap-servers: '%2$s', topics: %4$s, bounded: latest}
                        schema: {file: '%3$s'}
                        prompt: '{{channel}}: {{text}}'
                        sampling: {max-tokens: 24, temperature: 0.7}
                        sampling-columns: {max-tokens: budget}
                        output:
                          topic: %1$s
                          fields: {answer: text, tokens: generated-tokens, request: request-id}
                        dead-letter: {topic: %1$s-dead}
                        parallelism: 1
                        max-in-flight: 16
                        engine-linger: 1 ms
                        checkpoint: {interval: 50 ms, dir: '%5$s'}
                        restart: {initial-delay: 10 ms, max-delay: 20 ms}
                        """
                                .formatted(
                                        name,
                                        kafka.bootstrapServers(),
                                        schema,
                                        input,
                                        folder.resolve(name).toUri()));
        return JobConfig.read(file, List.of(overrides));
    }

    /** Engines that call a hook before each step. */
    static EngineProvider engine(LongConsumer hook) {
        return TestingEngineProvider.of(() -> TestingEngines.engine(TestingEngines.config(), hook));
    }
}
