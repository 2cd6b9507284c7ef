package dev.millrace.connector;

import dev.millrace.engine.EngineConfig;
import dev.millrace.engine.EngineOptions;
import dev.millrace.engine.InvalidRequestException;
import dev.millrace.operator.OnEngineFailure;
import dev.millrace.operator.OnModelChange;
import dev.millrace.operator.OperatorOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * A Kafka-to-Kafka job as its file describes it; {@link JobOption} lists the keys.
 *
 * @param name of the job
 * @param model checkpoint folder, GGUF file, or name on a hub
 * @param engine limits and choices of the engine
 * @param operator limits and choices of the operator
 * @param source which records
 * @param schema where their schemas are
 * @param prompt what to ask for each
 * @param sampling how to draw answers
 * @param answer which fields to add
 * @param output cluster of the two topics that are written
 * @param outputTopic of the answers
 * @param deadLetterTopic of records without an answer
 * @param delivery how they are written
 * @param checkpoint when and where state is kept
 * @param restart what follows a failure
 * @param parallelism empty for Flink's default
 */
public record JobConfig(
        String name,
        String model,
        EngineConfig engine,
        OperatorOptions operator,
        SourceConfig source,
        SchemaConfig schema,
        PromptConfig prompt,
        SamplingConfig sampling,
        AnswerFields answer,
        KafkaConfig output,
        String outputTopic,
        String deadLetterTopic,
        DeliveryConfig delivery,
        CheckpointConfig checkpoint,
        RestartConfig restart,
        Optional<Integer> parallelism) {

    /**
     * Reads a job file.
     *
     * @param overrides {@code key=value}, which win over the file
     * @throws InvalidJobException if it cannot be read or says what makes no sense
     */
    public static JobConfig read(Path file, List<String> overrides) {
        return read(file, overrides, System::getenv);
    }

    static JobConfig read(Path file, List<String> overrides, UnaryOperator<String> environment) {
        return from(new Settings(JobFile.read(file, overrides, environment)));
    }

    private static JobConfig from(Settings settings) {
        String name = settings.textOrFallback(JobOption.NAME);
        SourceConfig source = SourceConfig.from(settings, name);
        String outputTopic = settings.textOr(JobOption.OUTPUT_TOPIC, "");
        AnswerFields answer = AnswerFields.from(settings);
        CheckpointConfig checkpoint = CheckpointConfig.from(settings);
        return new JobConfig(
                name,
                settings.textOr(JobOption.MODEL, ""),
                engine(settings),
                operator(settings),
                source,
                SchemaConfig.from(settings, source.topics().get(0), outputTopic),
                PromptConfig.from(settings),
                SamplingConfig.from(settings, answer.needLogprobs()),
                answer,
                KafkaConfig.output(settings, source.kafka()),
                outputTopic,
                settings.textOr(JobOption.DEAD_LETTER_TOPIC, ""),
                DeliveryConfig.from(settings, name, checkpoint),
                checkpoint,
                RestartConfig.from(settings),
                settings.positive(JobOption.PARALLELISM));
    }

    /** The engine's own reader, whose message gets the place in this file. */
    private static EngineConfig engine(Settings settings) {
        try {
            return EngineOptions.parse(settings.group(JobOption.ENGINE));
        } catch (InvalidRequestException e) {
            throw InvalidJobException.inside(JobOption.ENGINE.key(), e);
        }
    }

    private static OperatorOptions operator(Settings settings) {
        OperatorOptions defaults = OperatorOptions.defaults();
        return new OperatorOptions(
                settings.positive(JobOption.MAX_IN_FLIGHT).orElse(defaults.maxInFlight()),
                settings.duration(JobOption.TIMEOUT).orElse(Duration.ZERO),
                settings.durationOrFallback(JobOption.ENGINE_LINGER),
                settings.choice(JobOption.ON_MODEL_CHANGE, OnModelChange.class),
                settings.choice(JobOption.ON_ENGINE_FAILURE, OnEngineFailure.class));
    }
}
