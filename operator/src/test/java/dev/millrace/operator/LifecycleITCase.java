package dev.millrace.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.engine.TestingEngines;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Savepoints, rescaling, drain, batch mode and long generations on a running cluster. */
@Timeout(90)
final class LifecycleITCase {
    private static TestingCluster cluster;

    @TempDir private Path directory;

    @BeforeAll
    static void startCluster() throws Exception {
        cluster = new TestingCluster();
    }

    @AfterAll
    static void closeCluster() {
        cluster.close();
    }

    @AfterEach
    void noEngineIsLeft() {
        await().until(() -> SharedEngine.openLeases() == 0);
        SharedEngine.closeIdle();
    }

    @Test
    void savepointsCarryHalfAnswersFromOneToThreeToTwoSubtasks() throws Exception {
        LedgerJob job = new LedgerJob(200, Duration.ofMillis(2));
        String savepoint = null;
        for (int parallelism : new int[] {1, 3}) {
            JobClient client = start(job, parallelism, savepoint);
            long enough = job.steps() + 100;
            await().until(() -> job.steps() > enough);
            savepoint = stop(client, false);
        }
        JobClient last = start(job, 2, savepoint);
        last.getJobExecutionResult().get();
        assertThat(job.ledger().rows()).containsExactlyInAnyOrderElementsOf(job.expected());
        assertThat(cluster.counter(last.getJobID(), "llm.resumedTokens")).isPositive();
    }

    @Test
    void drainAnswersAllThatWasRead() throws Exception {
        LedgerJob job = new LedgerJob(100_000, Duration.ofMillis(2));
        JobClient client = start(job, 1, null);
        await().until(() -> job.steps() > 50);
        stop(client, true);
        long read = cluster.counter(client.getJobID(), "numRecordsIn");
        assertThat(read).isPositive();
        assertThat(job.ledger().rows()).hasSize((int) read).doesNotHaveDuplicates();
    }

    @Test
    void batchModeAnswersEveryRecordOnce() throws Exception {
        LedgerJob job = new LedgerJob(100, Duration.ZERO);
        StreamExecutionEnvironment env = cluster.environment(new Configuration(), 2);
        env.setRuntimeMode(RuntimeExecutionMode.BATCH);
        job.start(env, false, Duration.ZERO).getJobExecutionResult().get();
        assertThat(job.ledger().rows()).containsExactlyInAnyOrderElementsOf(job.expected());
    }

    @Test
    void badRecordsLeaveByTheSideOutputAndTheJobGoesOn() throws Exception {
        LedgerJob job = new LedgerJob(40, Duration.ZERO);
        List<String> records = new ArrayList<>(TestingSpecs.records(40));
        records.add(7, TestingSpecs.BAD + " one");
        records.add(TestingSpecs.BAD + " two");
        StreamExecutionEnvironment env =
                cluster.environment(TestingCluster.jobConfig(directory), 1);
        JobClient client =
                job.start(
                        env,
                        env.fromData(Types.STRING, records.toArray(String[]::new)),
                        Duration.ZERO);
        client.getJobExecutionResult().get();
        assertThat(job.ledger().rows()).containsExactlyInAnyOrderElementsOf(job.expected());
        assertThat(job.failures().rows())
                .containsExactlyInAnyOrder("LLM-RQ-01 bad one", "LLM-RQ-01 bad two");
    }

    @Test
    void brokenEngineIsLoadedAnewAndNothingIsLostOrRepeated() throws Exception {
        LongConsumer delay = TestingEngines.delay(Duration.ofMillis(2));
        AtomicInteger failures = new AtomicInteger();
        LedgerJob job =
                new LedgerJob(
                        100,
                        step -> {
                            delay.accept(step);
                            if (step == 100 && failures.incrementAndGet() == 1) {
                                throw new IllegalStateException("device lost");
                            }
                        });
        StreamExecutionEnvironment env =
                cluster.environment(TestingCluster.jobConfig(directory), 2);
        JobClient client = job.start(env, false, Duration.ofSeconds(30));
        client.getJobExecutionResult().get();
        assertThat(job.ledger().rows()).containsExactlyInAnyOrderElementsOf(job.expected());
        assertThat(job.provider().loads()).isEqualTo(2);
        assertThat(cluster.counter(client.getJobID(), "llm.resumedTokens")).isPositive();
    }

    @Test
    void checkpointsDoNotWaitForGenerations() throws Exception {
        LedgerJob job = new LedgerJob(0, Duration.ofSeconds(1)); // no generation ends soon
        StreamExecutionEnvironment env =
                cluster.environment(TestingCluster.jobConfig(directory), 1);
        DataStream<String> records =
                env.fromSource(
                        new DataGeneratorSource<>(
                                number -> "record-" + number,
                                Long.MAX_VALUE,
                                RateLimiterStrategy.perSecond(5),
                                Types.STRING),
                        WatermarkStrategy.noWatermarks(),
                        "slow numbers");
        JobClient client = job.start(env, records, Duration.ZERO);
        await().until(() -> job.steps() > 0);
        long before = cluster.completedCheckpoints(client.getJobID());
        await().until(() -> cluster.completedCheckpoints(client.getJobID()) >= before + 10);
        assertThat(job.ledger().rows()).isEmpty();
        client.cancel().get();
    }

    private JobClient start(LedgerJob job, int parallelism, String savepoint) throws Exception {
        Configuration config = TestingCluster.jobConfig(directory);
        if (savepoint != null) {
            config.set(StateRecoveryOptions.SAVEPOINT_PATH, savepoint);
        }
        return job.start(cluster.environment(config, parallelism), false, Duration.ZERO);
    }

    private String stop(JobClient client, boolean drain) throws Exception {
        String path = directory.resolve("savepoints").toUri().toString();
        return client.stopWithSavepoint(drain, path, SavepointFormatType.CANONICAL).get();
    }
}
