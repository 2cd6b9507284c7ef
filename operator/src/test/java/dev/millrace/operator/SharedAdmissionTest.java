package dev.millrace.operator;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class SharedAdmissionTest {
    private static final int SUBTASKS = 3;
    private static final List<String> RECORDS = TestingSpecs.records(60);

    private final ExecutorService tasks = Executors.newFixedThreadPool(SUBTASKS);

    @AfterEach
    void noEngineIsLeft() {
        tasks.shutdownNow();
        assertThat(SharedEngine.openLeases()).isZero();
    }

    @Test
    void fullEngineWakesEverySubtaskThatWaits() throws Exception {
        TestingProvider provider =
                TestingProvider.of(() -> TestEngines.withWaitingTokens(1, step -> {}));
        List<String> expected =
                List.copyOf(TestingSpecs.expected(TestEngines.free(), RECORDS).values());
        List<CompletableFuture<List<String>>> runs = new ArrayList<>();
        SharedEngine shared = SharedEngine.acquire(provider, Duration.ZERO);
        try (shared) {
            for (int i = 0; i < SUBTASKS; i++) {
                runs.add(CompletableFuture.supplyAsync(() -> run(provider), tasks));
            }
            for (CompletableFuture<List<String>> run : runs) {
                assertThat(run.join()).containsExactlyInAnyOrderElementsOf(expected);
            }
        }
        assertThat(provider.loads()).isEqualTo(1);
    }

    private static List<String> run(TestingProvider provider) {
        try (OperatorHarness harness =
                OperatorHarness.open(TestingSpecs.spec(provider, TestingSpecs.options(1000)))) {
            harness.processAll(RECORDS);
            harness.endInput();
            return harness.results();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
