package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.engine.TestingEngines.Gate;
import dev.millrace.kernels.DeviceError;
import dev.millrace.kernels.DeviceProblem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.Test;

/** What becomes of requests when the device hangs, is lost, or lacks memory in the middle of the work. */
final class StepWatchdogTest {

    @Test
    void onlyAStepThatTakesTooLongCountsAsHung() {
        StepWatchdog watchdog = new StepWatchdog(100, () -> 0, () -> {});
        assertThat(watchdog.isHung(Long.MAX_VALUE)).isFalse();
        watchdog.begin(1000);
        assertThat(watchdog.isHung(1100)).isFalse();
        assertThat(watchdog.isHung(1101)).isTrue();
        watchdog.end();
        assertThat(watchdog.isHung(5000)).isFalse();
    }

    @Test
    void requestsOfAHungEngineFailAndNewOnesAreRefused() throws InterruptedException {
        TestingEngines.Gate gate = new TestingEngines.Gate();
        EngineConfig config =
                EngineOptions.parse(Map.of("step-timeout", "40ms"), TestingEngines.config());
        LlmEngine engine = TestingEngines.engine(config, gate);
        try {
            Generation inFlight = engine.submit(request("a"));
            gate.awaitStep(1);
            assertThatThrownBy(() -> inFlight.get(20, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .cause()
                    .isInstanceOf(EngineFailedException.class)
                    .hasMessageContaining("LLM-EN-06")
                    .hasMessageContaining("step-timeout");
            assertThatThrownBy(() -> engine.submit(request("b")))
                    .isInstanceOf(EngineFailedException.class);
        } finally {
            gate.open();
            engine.close();
        }
    }

    @Test
    void aLostDeviceIsNamedToAllInFlight() {
        RuntimeException lost =
                new DeviceProblem(
                                DeviceError.DEVICE_LOST,
                                "CUDA driver",
                                "CUDA_ERROR_ILLEGAL_ADDRESS",
                                "CUDA_SUCCESS",
                                "Restart the process")
                        .exception();
        try (LlmEngine engine =
                TestingEngines.engine(TestingEngines.config(), TestingEngines.throwAt(1, lost))) {
            Generation inFlight = engine.submit(request("a"));
            assertThatThrownBy(() -> inFlight.get(20, TimeUnit.SECONDS))
                    .cause()
                    .isInstanceOf(EngineFailedException.class)
                    .hasMessageContaining("LLM-DV-10")
                    .hasRootCauseMessage(lost.getMessage());
        }
    }

    @Test
    void aStepWithoutMemoryIsTriedAgainInSmallerParts() throws Exception {
        Gate gate = new Gate();
        List<String> expected = answers(TestingEngines.engine(TestingEngines.config(), gate), gate);
        RuntimeException outOfMemory =
                new DeviceProblem(DeviceError.OUT_OF_MEMORY, "memory", "little", "more", "Buy some")
                        .exception();
        Gate other = new Gate();
        LongConsumer hook = other.andThen(TestingEngines.throwAt(6, outOfMemory));
        List<String> actual = answers(TestingEngines.engine(TestingEngines.config(), hook), other);
        assertThat(actual).isEqualTo(expected);
    }

    /** All requests are there before the gate opens. */
    private static List<String> answers(LlmEngine engine, Gate gate) throws Exception {
        try (engine) {
            List<Generation> generations = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                generations.add(engine.submit(request("request " + i)));
            }
            gate.open();
            List<String> answers = new ArrayList<>();
            for (Generation generation : generations) {
                answers.add(generation.get(20, TimeUnit.SECONDS).outputs().get(0).text());
            }
            return answers;
        }
    }

    private static Request request(String text) {
        return Request.of(text, new Prompt.Text(text), SamplingParams.greedy(20));
    }
}
