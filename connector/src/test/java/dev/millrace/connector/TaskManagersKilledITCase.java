package dev.millrace.connector;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.TestingEngines;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import org.apache.flink.api.common.JobID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a reader of Kafka sees is the same whether TaskManagers are lost on the way or not. */
@Timeout(120)
final class TaskManagersKilledITCase {
    private static final int KILLS = 10;
    private static final int RECORDS = 350;
    private static final int MAX_STEPS_BEFORE_KILL = 60;
    private static final String INPUT = "tickets";

    @TempDir private static Path folder;

    private static EmbeddedKafka kafka;
    private static TestingFlink flink;
    private static List<String> undisturbed;

    private final long seed = System.nanoTime();
    private final Random random = new Random(seed);
    private final LongConsumer delay = TestingEngines.delay(Duration.ofMillis(5));
    private final AtomicLong steps = new AtomicLong();
    private volatile boolean killing = true;

    @BeforeAll
    static void runOnceWithoutKills() throws Exception {
        kafka = EmbeddedKafka.start();
        flink = new TestingFlink(1, 3);
        kafka.createTopics(TestingInput.PARTITIONS, INPUT);
        int written = TestingInput.write(kafka, INPUT, RECORDS, true).size();
        JobConfig config = TestingJobs.config(folder, kafka, "undisturbed", INPUT);
        flink.awaitEnd(flink.submit(config, TestingJobs.engine(step -> {})));
        undisturbed = outcome(config);
        assertThat(undisturbed).hasSize(written).doesNotHaveDuplicates();
    }

    @AfterAll
    static void stop() throws Exception {
        flink.close();
        kafka.close();
    }

    @ParameterizedTest(name = "parallelism {0}, unaligned {1}")
    @CsvSource({"1, false", "1, true", "3, false", "3, true"})
    void readersSeeTheSameWithTenTaskManagersKilled(int parallelism, boolean unaligned)
            throws Exception {
        JobConfig config =
                TestingJobs.config(
                        folder,
                        kafka,
                        "killed-" + parallelism + "-" + unaligned,
                        INPUT,
                        "parallelism=" + parallelism,
                        "checkpoint.unaligned=" + unaligned);
        JobID job = flink.submit(config, TestingJobs.engine(this::slowStep));
        for (int kill = 0; kill < KILLS; kill++) {
            if (kill % 2 == 1) {
                awaitCheckpoint(job);
            }
            killSomewhere(job, kill);
        }
        killing = false;
        flink.awaitEnd(job);

        assertThat(outcome(config))
                .as("seed %d", seed)
                .containsExactlyInAnyOrderElementsOf(undisturbed);
        assertThat(flink.counter(job, "resumedTokens")).as("seed %d", seed).isPositive();
        assertThat(flink.counter(job, "discardedTokens")).isZero();
    }

    /** Slow enough for a checkpoint now and then between two kills. */
    private void slowStep(long step) {
        if (killing) {
            delay.accept(step);
        }
        steps.incrementAndGet();
    }

    /** So that some kills come with half-generated answers in a checkpoint, however slow the machine. */
    private void awaitCheckpoint(JobID job) throws Exception {
        long before = flink.completedCheckpoints(job);
        Awaitility.await()
                .atMost(TestingFlink.PATIENCE)
                .pollInterval(10, TimeUnit.MILLISECONDS)
                .until(() -> flink.completedCheckpoints(job) > before || flink.isDone(job));
    }

    private void killSomewhere(JobID job, int kill) throws Exception {
        long moment = steps.get() + 1 + random.nextInt(MAX_STEPS_BEFORE_KILL);
        Awaitility.await()
                .atMost(TestingFlink.PATIENCE)
                .pollInterval(1, TimeUnit.MILLISECONDS)
                .until(() -> steps.get() >= moment || flink.isDone(job));
        assertThat(flink.isDone(job)).as("over before kill %d, seed %d", kill, seed).isFalse();
        flink.killTaskManager();
    }

    /** Every committed answer and dead letter, whole; of a dead letter all but the attempt it fell in. */
    private static List<String> outcome(JobConfig config) {
        List<String> rows = new ArrayList<>();
        TestingTopics.read(kafka, config.outputTopic())
                .forEach(answer -> rows.add("answer " + row(answer)));
        TestingTopics.read(kafka, config.deadLetterTopic())
                .forEach(letter -> rows.add("dead letter " + row(letter)));
        return rows;
    }

    private static String row(ConsumerRecord<byte[], byte[]> record) {
        StringBuilder row = new StringBuilder(text(record.key()));
        row.append(" partition ").append(record.partition());
        row.append(" at ").append(record.timestamp());
        for (Header header : record.headers()) {
            if (!header.key().equals("millrace.attempt")) {
                row.append(", ").append(header.key()).append('=').append(text(header.value()));
            }
        }
        return row.append(": ").append(hex(record.value())).toString();
    }

    private static String text(byte[] bytes) {
        return bytes == null ? "null" : new String(bytes, UTF_8);
    }

    private static String hex(byte[] bytes) {
        return bytes == null ? "null" : java.util.HexFormat.of().formatHex(bytes);
    }
}
