package dev.millrace.connector;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.api.common.JobID;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * SQL over Kafka with a tiny model, whose answers have no meaning.
 *
 * @param kafka holds the topics
 * @param flink runs the jobs
 * @param folder for checkpoints and the model
 */
record TestingSql(EmbeddedKafka kafka, TestingFlink flink, Path folder) {
    private static final String MODEL = "/models/gguf-llama/llama-F32.gguf";

    /** Where the model is, copied from the engine's tests. */
    Path model() {
        Path file = folder.resolve("llama-F32.gguf");
        if (!Files.exists(file)) {
            try (InputStream stream = TestingSql.class.getResourceAsStream(MODEL)) {
                Files.copy(stream, file);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return file;
    }

    /** Tables with checkpoints every 50 ms and restarts at once. */
    StreamTableEnvironment tables(int parallelism, Map<String, String> settings) {
        Map<String, String> all = new TreeMap<>();
        all.put("execution.checkpointing.interval", "50 ms");
        all.put("execution.checkpointing.dir", folder.resolve("checkpoints").toUri().toString());
        all.put("restart-strategy.type", "fixed-delay");
        all.put("restart-strategy.fixed-delay.attempts", "1000");
        all.put("restart-strategy.fixed-delay.delay", "10 ms");
        all.putAll(settings);
        return flink.tables(parallelism, all);
    }

    /**
     * A plain table of questions.
     *
     * @param bounded whether it ends with those that are there
     */
    void createQuestions(TableEnvironment tables, String topic, boolean bounded) {
        tables.executeSql(
                """
                CREATE TABLE questions (id STRING, text STRING) WITH (
                  'connector' = 'kafka', 'topic' = '%s', 'properties.bootstrap.servers' = '%s',
                  'properties.isolation.level' = 'read_committed', 'scan.startup.mode' = 'earliest-offset',
                  'scan.bounded.mode' = '%s', 'format' = 'json')
                """
                        .formatted(
                                topic,
                                kafka.bootstrapServers(),
                                bounded ? "latest-offset" : "unbounded"));
    }

    /** Options of a table that asks a tiny model, without the brackets. */
    String answered(String topic, String... more) {
        return options(
                "millrace-kafka",
                topic,
                model().toString(),
                "'llm.engine.max-num-seqs' = '8'",
                "'llm.engine.max-model-len' = '256'",
                "'llm.engine.kv-cache-memory' = '4m'",
                String.join(", ", more));
    }

    /** The same for an engine of the test's own. */
    String answered(TestingEngineProvider engine, String topic, String... more) {
        return options("testing-kafka", topic, engine.name(), String.join(", ", more));
    }

    private String options(String connector, String topic, String model, String... more) {
        return """
                'connector' = '%s', 'topic' = '%s', 'properties.bootstrap.servers' = '%s',
                'properties.isolation.level' = 'read_committed', 'scan.startup.mode' = 'earliest-offset',
                'scan.bounded.mode' = 'latest-offset', 'format' = 'json', 'llm.model' = '%s',
                'llm.prompt' = '{{text}}', 'llm.engine-linger' = '1 ms', %s
                """
                .formatted(
                        connector, topic, kafka.bootstrapServers(), model, String.join(", ", more));
    }

    static String exactlyOnce(String prefix) {
        return """
                'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = '%s',
                'sink.transaction-naming-strategy' = 'pooling', 'properties.transaction.timeout.ms' = '600000'
                """
                .formatted(prefix);
    }

    static JobID submit(TableEnvironment tables, String insert) throws Exception {
        return tables.executeSql(insert).getJobClient().orElseThrow().getJobID();
    }

    /** Questions with the ids {@code from}, … {@code from + count - 1}. */
    void ask(String topic, int from, int count) {
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (int i = from; i < from + count; i++) {
            String row = "{\"id\": \"q%d\", \"text\": \"question number %d\"}".formatted(i, i);
            records.add(new ProducerRecord<>(topic, row.getBytes(UTF_8)));
        }
        TestingTopics.write(kafka, records);
    }

    /** Committed values of a topic, sorted. */
    List<String> values(String topic) {
        List<String> values = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> record : TestingTopics.read(kafka, topic)) {
            values.add(new String(record.value(), UTF_8));
        }
        values.sort(null);
        return values;
    }
}
