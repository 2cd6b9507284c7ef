package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

final class StepAllocationTest {
    private static final int STEPS = 1000;

    @Test
    void aStepOfDecodingAllocatesAtMostOneKilobyteHoweverManySequencesRun() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        SimulatedEngine engine = new SimulatedEngine(TestingEngines.config(), 20_000, false);
        engine.runner.withoutChecks();
        for (int i = 0; i < 20; i++) {
            // Eight run, the others wait, some of them with a deadline.
            engine.post(request(i));
        }
        for (int i = 0; i < STEPS; i++) {
            engine.loop.doWork();
        }
        long before = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
        for (int i = 0; i < STEPS; i++) {
            engine.loop.doWork();
        }
        long after = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
        assertThat(engine.loop.stats().runningRequests()).isEqualTo(8);
        assertThat((after - before) / STEPS).isLessThan(1024);
    }

    private static Request request(int i) {
        Request request =
                Request.of(
                        "r" + i,
                        new Prompt.Text("Allocation " + i),
                        SamplingParams.builder().maxTokens(2030).build());
        return i % 2 == 0 ? request : request.withTimeout(java.time.Duration.ofHours(1));
    }
}
