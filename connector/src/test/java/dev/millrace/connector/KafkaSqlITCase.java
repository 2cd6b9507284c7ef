package dev.millrace.connector;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.TestingEngines;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import org.apache.flink.api.common.JobID;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code millrace-kafka} tables in both roles: what a reader of Kafka sees, whatever happens to the job. */
@Timeout(180)
final class KafkaSqlITCase {
    private static final int QUESTIONS = 350;
    private static final int KILLS = 5;
    private static final int MAX_STEPS_BEFORE_KILL = 60;

    @TempDir private static Path folder;

    private static EmbeddedKafka kafka;
    private static TestingFlink flink;
    private static TestingSql sql;

    private final long seed = System.nanoTime();
    private final Random random = new Random(seed);
    private final LongConsumer delay = TestingEngines.delay(Duration.ofMillis(5));
    private final AtomicLong steps = new AtomicLong();
    private volatile boolean slow;
    private final TestingEngineProvider engine =
            TestingEngineProvider.of(
                    () -> TestingEngines.engine(TestingEngines.config(), this::step));

    @BeforeAll
    static void start() throws Exception {
        kafka = EmbeddedKafka.start();
        flink = new TestingFlink(1, 3);
        sql = new TestingSql(kafka, flink, folder);
        kafka.createTopics(3, "questions");
        sql.ask("questions", 0, QUESTIONS);
    }

    @AfterAll
    static void stop() {
        flink.close();
        kafka.close();
    }

    @Test
    void writtenTablesHaveEveryAnswerOnceWithTaskManagersKilled() throws Exception {
        kafka.createTopics(2, "undisturbed", "killed");
        flink.awaitEnd(insert("undisturbed", 1, true, Map.of()));
        List<String> expected = sql.values("undisturbed");
        assertThat(expected).hasSize(QUESTIONS).doesNotHaveDuplicates();

        slow = true;
        JobID job = insert("killed", 2, true, Map.of());
        kill(job);
        flink.awaitEnd(job);

        assertThat(sql.values("killed")).as("seed %d", seed).isEqualTo(expected);
        report(job, "sink");
    }

    @Test
    void readTablesHaveEveryAnswerOnceWithTaskManagersKilled() throws Exception {
        kafka.createTopics(2, "read", "read-killed");
        flink.awaitEnd(submitSource("read", 1));
        List<String> expected = sql.values("read");
        assertThat(expected).hasSize(QUESTIONS / 2).doesNotHaveDuplicates();

        slow = true;
        JobID job = submitSource("read-killed", 3);
        kill(job);
        flink.awaitEnd(job);

        assertThat(sql.values("read-killed")).as("seed %d", seed).isEqualTo(expected);
        report(job, "source");
    }

    /** Unbounded: Kafka's source does not find its end after a savepoint in which all its partitions are assigned. */
    @Test
    void savepointsGoOnAtAnotherParallelism() throws Exception {
        kafka.createTopics(2, "whole", "rescaled");
        flink.awaitEnd(insert("whole", 1, true, Map.of()));
        slow = true;
        JobID first = insert("rescaled", 1, false, Map.of());
        awaitAnswers("rescaled", QUESTIONS / 10);
        String savepoint = flink.stopWithSavepoint(first, folder.resolve("savepoints"));
        int before = sql.values("rescaled").size();
        assertThat(before).isLessThan(QUESTIONS);

        slow = false;
        JobID second =
                insert("rescaled", 3, false, Map.of("execution.state-recovery.path", savepoint));
        awaitAnswers("rescaled", QUESTIONS);
        flink.cancel(second);

        assertThat(sql.values("rescaled")).isEqualTo(sql.values("whole"));
        report(second, "savepoint after " + before + " answers");
    }

    @Test
    void rowsThatCannotBeAnsweredBecomeDeadLetters() throws Exception {
        kafka.createTopics(1, "odd", "odd-answers", "odd-dead");
        sql.ask("odd", 0, 5);
        TestingTopics.write(
                kafka,
                List.of(
                        record("odd", "{\"id\": \"long\", \"text\": \"" + "x".repeat(600) + "\"}"),
                        record("odd", "{\"id\": \"empty\", \"text\": null}")));
        TableEnvironment tables = sql.tables(1, Map.of());
        sql.createQuestions(tables, "odd", true);
        tables.executeSql(
                "CREATE TABLE answers (id STRING, text STRING, answer STRING) WITH ("
                        + sql.answered(
                                "odd-answers",
                                "'llm.output-columns' = 'answer'",
                                "'llm.max-tokens' = '4'",
                                "'llm.dead-letter-topic' = 'odd-dead'",
                                TestingSql.exactlyOnce("odd"))
                        + ")");

        flink.awaitEnd(
                TestingSql.submit(
                        tables, "INSERT INTO answers (id, text) SELECT id, text FROM questions"));

        assertThat(sql.values("odd-answers")).hasSize(5);
        List<ConsumerRecord<byte[], byte[]>> letters = TestingTopics.read(kafka, "odd-dead");
        assertThat(letters).hasSize(2);
        assertThat(letters)
                .allSatisfy(letter -> assertThat(text(letter.value())).contains("\"answer\":null"))
                .extracting(letter -> text(letter.headers().lastHeader("millrace.code").value()))
                .containsExactlyInAnyOrder("LLM-RQ-03", "LLM-SQ-12");
    }

    @Test
    void windowsOverTablesThatAreReadLoseNoRow() throws Exception {
        kafka.createTopics(2, "timed", "counts");
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            String row = "{\"id\": \"q%d\", \"text\": \"question %d\"}".formatted(i, i);
            records.add(new ProducerRecord<>("timed", i % 2, i * 1000L, null, row.getBytes(UTF_8)));
        }
        TestingTopics.write(kafka, records);
        TableEnvironment tables = sql.tables(2, Map.of());
        tables.executeSql(
                "CREATE TABLE timed (answer STRING, id STRING, error_code STRING, text STRING,"
                        + " ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', WATERMARK FOR ts AS ts) WITH ("
                        + sql.answered(
                                "timed",
                                "'llm.output-columns' = 'answer;error_code'",
                                "'llm.max-tokens' = '6'")
                        + ")");
        tables.executeSql(
                "CREATE TABLE counts (n BIGINT, answers BIGINT) WITH ('connector' = 'kafka', 'topic' = 'counts', 'format' = 'json',"
                        + " 'properties.bootstrap.servers' = '%s')"
                                .formatted(kafka.bootstrapServers()));

        flink.awaitEnd(
                TestingSql.submit(
                        tables,
                        """
                        INSERT INTO counts SELECT COUNT(*), COUNT(answer)
                        FROM TABLE(TUMBLE(TABLE timed, DESCRIPTOR(ts), INTERVAL '10' SECOND))
                        GROUP BY window_start, window_end
                        """));

        assertThat(sql.values("counts"))
                .isEqualTo(Collections.nCopies(4, "{\"n\":10,\"answers\":10}"));
    }

    private static ProducerRecord<byte[], byte[]> record(String topic, String value) {
        return new ProducerRecord<>(topic, value.getBytes(UTF_8));
    }

    private static String text(byte[] bytes) {
        return new String(bytes, UTF_8);
    }

    private JobID insert(
            String topic, int parallelism, boolean bounded, Map<String, String> settings)
            throws Exception {
        TableEnvironment tables = sql.tables(parallelism, settings);
        sql.createQuestions(tables, "questions", bounded);
        tables.executeSql(
                "CREATE TABLE answers (id STRING, text STRING, answer STRING, error_code STRING) WITH ("
                        + sql.answered(
                                engine,
                                topic,
                                "'llm.output-columns' = 'answer;error_code'",
                                "'llm.max-tokens' = '40'",
                                "'llm.temperature' = '0.8'",
                                "'llm.id-column' = 'id'",
                                "'llm.max-in-flight' = '16'",
                                TestingSql.exactlyOnce(topic))
                        + ")");
        return TestingSql.submit(
                tables, "INSERT INTO answers (id, text) SELECT id, UPPER(text) FROM questions");
    }

    /** Half of the questions, by what came with them; the other half is asked as well, as filters behind a model are. */
    private JobID submitSource(String topic, int parallelism) throws Exception {
        TableEnvironment tables = sql.tables(parallelism, Map.of());
        tables.executeSql(
                "CREATE TABLE enriched (answer STRING, id STRING, error_code STRING, text STRING, `partition` INT METADATA) WITH ("
                        + sql.answered(
                                engine,
                                "questions",
                                "'llm.output-columns' = 'answer;error_code'",
                                "'llm.max-tokens' = '40'",
                                "'llm.temperature' = '0.8'",
                                "'llm.max-in-flight' = '16'")
                        + ")");
        tables.executeSql(
                "CREATE TABLE results (id STRING, answer STRING, place INT) WITH ('connector' = 'kafka', 'topic' = '%s',"
                                .formatted(topic)
                        + " 'properties.bootstrap.servers' = '%s', 'format' = 'json', "
                                .formatted(kafka.bootstrapServers())
                        + TestingSql.exactlyOnce(topic)
                        + ")");
        return TestingSql.submit(
                tables,
                """
                INSERT INTO results SELECT id, answer, `partition` FROM enriched
                WHERE error_code IS NULL AND CAST(SUBSTRING(id, 2) AS INT) < %d
                """
                        .formatted(QUESTIONS / 2));
    }

    /** Slow enough for a checkpoint now and then between two kills. */
    private void step(long step) {
        if (slow) {
            delay.accept(step);
        }
        steps.incrementAndGet();
    }

    /** At random steps, and so often that one of them came behind a checkpoint with half-generated answers. */
    private void kill(JobID job) throws Exception {
        for (int kill = 0; kill < KILLS || flink.counter(job, "resumedTokens") == 0; kill++) {
            awaitCheckpoint(job);
            long moment = steps.get() + 1 + random.nextInt(MAX_STEPS_BEFORE_KILL);
            Awaitility.await()
                    .atMost(TestingFlink.PATIENCE)
                    .pollInterval(1, TimeUnit.MILLISECONDS)
                    .until(() -> steps.get() >= moment || flink.isDone(job));
            assertThat(flink.isDone(job)).as("over before kill %d, seed %d", kill, seed).isFalse();
            flink.killTaskManager();
        }
        slow = false;
    }

    private static void awaitAnswers(String topic, int count) {
        Awaitility.await()
                .atMost(TestingFlink.PATIENCE)
                .until(() -> sql.values(topic).size() >= count);
    }

    private static void awaitCheckpoint(JobID job) throws Exception {
        long before = flink.completedCheckpoints(job);
        Awaitility.await()
                .atMost(TestingFlink.PATIENCE)
                .pollInterval(5, TimeUnit.MILLISECONDS)
                .until(() -> flink.completedCheckpoints(job) > before || flink.isDone(job));
    }

    private void report(JobID job, String role) {
        long resumed = flink.counter(job, "resumedTokens");
        assertThat(resumed).as("tokens resumed, seed %d", seed).isPositive();
        assertThat(flink.counter(job, "discardedTokens")).isZero();
        System.out.printf(
                "%s: %d rows, lost 0, doubled 0, %d tokens resumed (seed %d)%n",
                role, QUESTIONS, resumed, seed);
    }
}
