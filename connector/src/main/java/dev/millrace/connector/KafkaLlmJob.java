package dev.millrace.connector;

import dev.millrace.operator.EngineProvider;
import dev.millrace.operator.EngineSpec;
import dev.millrace.operator.LlmInference;
import dev.millrace.operator.LlmSpec;
import java.util.List;
import java.util.Properties;
import org.apache.avro.Schema;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.sink.KafkaSinkBuilder;
import org.apache.flink.connector.kafka.sink.TransactionNamingStrategy;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.KafkaSourceBuilder;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;

/**
 * The job from Kafka to Kafka: every record of the source topics becomes one record of the output topic or of the
 * dead-letter topic, both written in one transaction for each checkpoint.
 *
 * <pre>{@code
 * JobConfig config = JobConfig.read(Path.of("job.yaml"), List.of("parallelism=4"));
 * KafkaLlmJob.build(env, config);
 * env.execute(config.name());
 * }</pre>
 */
public final class KafkaLlmJob {

    private KafkaLlmJob() {}

    /** {@code job.yaml [--set key=value]…}, for {@code flink run}. */
    public static void main(String[] arguments) throws Exception {
        JobConfig config = JobArguments.parse(arguments).read();
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        build(env, config);
        env.execute(config.name());
    }

    /**
     * Adds the job to the environment, after checking all that can be checked before it runs.
     *
     * @throws InvalidJobException if brokers, topics, schemas or directories are not what the job needs
     */
    public static void build(StreamExecutionEnvironment env, JobConfig config) {
        build(env, config, new EngineSpec(config.model(), config.engine()));
    }

    /**
     * Looks for another running job with the same transactional-id-prefix; the two would abort each other's transactions. Not
     * for a program that Flink may run again while its job goes on, which would find that job.
     *
     * @throws InvalidJobException if there is one
     */
    public static void requireOnlyJob(JobConfig config) {
        TransactionChecks.requireOnlyJob(config);
    }

    /**
     * What the values of the output topic are written with.
     *
     * @throws InvalidJobException if the input schema is not what the job needs
     */
    public static Schema outputSchema(JobConfig config) {
        return Schemas.resolve(config).output().schema();
    }

    static void build(StreamExecutionEnvironment env, JobConfig config, EngineProvider engine) {
        config.checkpoint().directory().ifPresent(DirectoryCheck::requireWritable);
        KafkaChecks.check(config);
        Schemas schemas = Schemas.resolve(config);
        env.configure(flinkSettings(config));
        config.parallelism().ifPresent(env::setParallelism);

        DataStream<SourceRecord> records =
                env.fromSource(
                                source(config.source()),
                                WatermarkStrategy.noWatermarks(),
                                "Kafka[" + String.join(",", config.source().topics()) + "]",
                                RecordTypeInfo.SOURCE)
                        .uid("source");
        SingleOutputStreamOperator<TargetRecord> answers =
                LlmInference.of(records, spec(config, schemas, engine), RecordTypeInfo.TARGET)
                        .uid("llm");
        DataStream<TargetRecord> deadLetters =
                LlmInference.failedRecords(answers, RecordTypeInfo.SOURCE)
                        .map(new DeadLetterFunction(config.deadLetterTopic()))
                        .returns(RecordTypeInfo.TARGET)
                        .name("DeadLetters[" + config.deadLetterTopic() + "]")
                        .uid("dead-letters");
        answers.union(deadLetters)
                .sinkTo(sink(config))
                .name("Kafka[" + config.outputTopic() + "," + config.deadLetterTopic() + "]")
                .uid("sink");
    }

    private static LlmSpec<SourceRecord, TargetRecord> spec(
            JobConfig config, Schemas schemas, EngineProvider engine) {
        return new LlmSpec<>(
                engine,
                new PromptFunction(schemas.input(), config.prompt(), config.sampling()),
                new AnswerFunction(
                        schemas.input(), schemas.output(), config.answer(), engine.label()),
                config.operator());
    }

    private static Configuration flinkSettings(JobConfig config) {
        Configuration flink = new Configuration();
        config.checkpoint().applyTo(flink);
        config.restart().applyTo(flink);
        // A type without a serializer of ours would go through Kryo, whose state cannot be evolved.
        flink.set(PipelineOptions.GENERIC_TYPES, false);
        return flink;
    }

    private static KafkaSource<SourceRecord> source(SourceConfig config) {
        boolean skip = config.tombstones() == SourceConfig.Tombstones.SKIP;
        KafkaSourceBuilder<SourceRecord> source =
                KafkaSource.<SourceRecord>builder()
                        .setProperties(config.kafka().toProperties())
                        .setBootstrapServers(config.kafka().bootstrapServers())
                        .setTopics(config.topics())
                        .setGroupId(config.groupId())
                        .setProperty(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed")
                        .setStartingOffsets(startingOffsets(config))
                        .setDeserializer(new SourceRecordDeserializer(skip));
        return switch (config.bounded()) {
            case NONE -> source.build();
            case LATEST -> source.setBounded(OffsetsInitializer.latest()).build();
        };
    }

    @SuppressWarnings("deprecation") // the Kafka connector still speaks in terms of this class
    private static OffsetsInitializer startingOffsets(SourceConfig config) {
        return switch (config.startingOffsets()) {
            case EARLIEST -> OffsetsInitializer.earliest();
            case LATEST -> OffsetsInitializer.latest();
            case COMMITTED ->
                    OffsetsInitializer.committedOffsets(
                            org.apache.kafka.clients.consumer.OffsetResetStrategy.EARLIEST);
        };
    }

    private static KafkaSink<TargetRecord> sink(JobConfig config) {
        DeliveryConfig delivery = config.delivery();
        Properties properties = config.output().toProperties();
        properties.put(
                ProducerConfig.TRANSACTION_TIMEOUT_CONFIG,
                String.valueOf(delivery.transactionTimeout().toMillis()));
        KafkaSinkBuilder<TargetRecord> sink =
                KafkaSink.<TargetRecord>builder()
                        .setKafkaProducerConfig(properties)
                        .setBootstrapServers(config.output().bootstrapServers())
                        .setDeliveryGuarantee(delivery.guarantee())
                        .setRecordSerializer(
                                new TargetRecordSerializationSchema(
                                        List.of(config.outputTopic(), config.deadLetterTopic())));
        if (delivery.exactlyOnce()) {
            // Pooled names: the broker keeps every name it ever saw for a week.
            sink.setTransactionalIdPrefix(delivery.transactionalIdPrefix())
                    .setTransactionNamingStrategy(TransactionNamingStrategy.POOLING);
        }
        return sink.build();
    }
}
