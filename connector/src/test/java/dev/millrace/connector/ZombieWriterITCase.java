package dev.millrace.connector;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.engine.TestingEngines;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.flink.api.common.JobID;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two writers with the same transactional ids: of one job's attempts the older is fenced, and a second job is not let in. */
@Timeout(90)
final class ZombieWriterITCase {
    private static final int RECORDS = 300;
    private static final String INPUT = "tickets";

    @TempDir private static Path folder;

    private static EmbeddedKafka kafka;
    private static TestingFlink flink;

    @BeforeAll
    static void start() throws Exception {
        kafka = EmbeddedKafka.start();
        // Flink gives up a TaskManager whose writer fails once more while it is closed; others take
        // over.
        flink = new TestingFlink(4, 1);
        kafka.createTopics(TestingInput.PARTITIONS, INPUT);
        TestingInput.write(kafka, INPUT, RECORDS, false);
    }

    @AfterAll
    static void stop() {
        flink.close();
        kafka.close();
    }

    @Test
    void writerOfAnEarlierAttemptIsFencedAndItsRecordsNeverShow() throws Exception {
        JobConfig config = config("fenced");
        try (KafkaProducer<byte[], byte[]> zombie = producer("fenced-0-3")) {
            zombie.initTransactions();
            zombie.beginTransaction();
            zombie.send(new ProducerRecord<>("fenced", "zombie".getBytes(UTF_8), new byte[0]))
                    .get();

            flink.awaitEnd(flink.submit(config, TestingJobs.engine(step -> {})));

            assertAnsweredOnce("fenced");
            assertThatThrownBy(zombie::commitTransaction)
                    .isInstanceOfAny(
                            ProducerFencedException.class, InvalidProducerEpochException.class);
            assertAnsweredOnce("fenced");
        }
    }

    @Test
    void secondJobWithTheSamePrefixIsRefusedWhileTheFirstRuns() throws Exception {
        JobConfig config = config("twice", "checkpoint.interval=200 ms");
        assertThatNoException().isThrownBy(() -> KafkaLlmJob.requireOnlyJob(config));
        JobID job = flink.submit(config, TestingJobs.engine(slow(20)));
        Awaitility.await()
                .atMost(TestingFlink.PATIENCE)
                .until(() -> flink.completedCheckpoints(job) > 0);
        assertThatExceptionOfType(InvalidJobException.class)
                .isThrownBy(() -> KafkaLlmJob.requireOnlyJob(config))
                .withMessageContaining("transactional-id-prefix: got 'twice'")
                .withMessageContaining("already in use by a running job")
                .withMessageContaining("[LLM-JB-17]");
        flink.cancel(job);
        // What it leaves open is no other job.
        assertThatNoException().isThrownBy(() -> KafkaLlmJob.requireOnlyJob(config));
    }

    private static JobConfig config(String name, String... overrides) throws Exception {
        return TestingJobs.config(folder, kafka, name, INPUT, overrides);
    }

    private static java.util.function.LongConsumer slow(int millis) {
        return TestingEngines.delay(Duration.ofMillis(millis));
    }

    private static void assertAnsweredOnce(String topic) {
        List<String> keys =
                TestingTopics.read(kafka, topic).stream()
                        .map(answer -> new String(answer.key(), UTF_8))
                        .toList();
        assertThat(keys)
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, RECORDS).mapToObj(i -> "ticket-" + i).toList());
    }

    private static KafkaProducer<byte[], byte[]> producer(String transactionalId) {
        return new KafkaProducer<>(
                Map.of(
                        "bootstrap.servers",
                        kafka.bootstrapServers(),
                        "transactional.id",
                        transactionalId),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }
}
