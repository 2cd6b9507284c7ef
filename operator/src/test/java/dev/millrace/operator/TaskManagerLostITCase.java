package dev.millrace.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The ledger is exact however often and whenever the TaskManager is lost, and tokens are not generated twice. */
@Timeout(120)
final class TaskManagerLostITCase {
    private static final int KILLS = 10;
    private static final int RECORDS = 400;

    @TempDir private Path directory;

    private final long seed = System.nanoTime();
    private final Random random = new Random(seed);

    @AfterEach
    void noEngineIsLeft() {
        await().until(() -> SharedEngine.openLeases() == 0);
        SharedEngine.closeIdle();
    }

    @ParameterizedTest(name = "parallelism {0}, unaligned {1}, linger {2}")
    @CsvSource({"1, false, 0", "1, true, 30", "3, false, 30", "3, true, 0"})
    void ledgerIsExactWithTenTaskManagersLost(int parallelism, boolean unaligned, int linger)
            throws Exception {
        LedgerJob job = new LedgerJob(RECORDS, Duration.ofMillis(2));
        Configuration config = TestingCluster.jobConfig(directory);
        config.set(CheckpointingOptions.ENABLE_UNALIGNED, unaligned);
        try (TestingCluster cluster = new TestingCluster()) {
            JobClient client =
                    job.start(
                            cluster.environment(config, parallelism),
                            unaligned,
                            Duration.ofSeconds(linger));
            for (int kill = 0; kill < KILLS; kill++) {
                long moment = job.steps() + 1 + random.nextInt(90);
                await().pollInterval(1, TimeUnit.MILLISECONDS).until(() -> job.steps() >= moment);
                assertThat(client.getJobStatus().get().isTerminalState())
                        .as("over before kill %d, seed %d", kill, seed)
                        .isFalse();
                cluster.killTaskManager();
            }
            client.getJobExecutionResult().get();
            assertThat(job.ledger().rows())
                    .as("seed %d", seed)
                    .containsExactlyInAnyOrderElementsOf(job.expected());
            assertThat(cluster.counter(client.getJobID(), "llm.resumedTokens"))
                    .as("resumed tokens, seed %d", seed)
                    .isPositive();
            assertThat(cluster.counter(client.getJobID(), "llm.discardedTokens")).isZero();
            assertThat(job.failures().rows()).isEmpty();
            if (linger > 0) {
                assertThat(job.provider().loads()).as("loads, seed %d", seed).isEqualTo(1);
            }
        }
    }
}
