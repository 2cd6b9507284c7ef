package dev.millrace.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.engine.InvalidModelException;
import dev.millrace.engine.LlmEngine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class LlmOperatorRestoreTest {
    private static final List<String> RECORDS = TestingSpecs.records(9);

    private final Map<String, String> expected = TestingSpecs.expected(TestEngines.free(), RECORDS);

    @AfterEach
    void noEngineIsLeft() {
        assertThat(SharedEngine.openLeases()).isZero();
    }

    @Test
    void snapshotAfterAnyStepGivesTheSameAnswers() throws Exception {
        long resumed = 0;
        int steps = 0;
        boolean more = true;
        while (more) {
            Interrupted run = interruptAfter(steps);
            resumed += finish(run);
            more = !run.finished;
            steps++;
        }
        assertThat(steps).isGreaterThan(20);
        assertThat(resumed).isGreaterThan(100);
    }

    private record Interrupted(
            OperatorSubtaskState state, List<String> results, boolean finished) {}

    /** Runs so many steps, takes a snapshot without waiting for anything, and crashes. */
    private Interrupted interruptAfter(int steps) throws Exception {
        StepGate gate = new StepGate(steps);
        AtomicReference<LlmEngine> engine = new AtomicReference<>();
        TestingProvider provider =
                TestingProvider.of(() -> remember(engine, TestEngines.hooked(gate)));
        try (OperatorHarness harness = OperatorHarness.open(spec(provider, 64))) {
            harness.processAll(RECORDS);
            await().pollInterval(Duration.ofMillis(1))
                    .until(() -> gate.arrived() > steps || allFinished(engine.get()));
            harness.runMailsUntil(() -> harness.pendingMails() == 0);
            OperatorSubtaskState state = harness.snapshot();
            List<String> results = harness.results();
            boolean finished = allFinished(engine.get());
            gate.open();
            return new Interrupted(state, results, finished);
        }
    }

    private static boolean allFinished(LlmEngine engine) {
        return engine.stats().finishedRequests() == RECORDS.size();
    }

    private static LlmEngine remember(AtomicReference<LlmEngine> reference, LlmEngine engine) {
        reference.set(engine);
        return engine;
    }

    /** Restores, checks the answers of both attempts, and returns the number of resumed tokens. */
    private long finish(Interrupted run) throws Exception {
        AtomicReference<LlmEngine> engine = new AtomicReference<>();
        TestingProvider provider = TestingProvider.of(() -> remember(engine, TestEngines.free()));
        List<String> results = new ArrayList<>(run.results);
        try (OperatorHarness harness = OperatorHarness.restore(spec(provider, 64), run.state)) {
            harness.endInput();
            results.addAll(harness.results());
            assertThat(results).containsExactlyInAnyOrderElementsOf(expected.values());
            return engine.get().stats().resumedTokens();
        }
    }

    @Test
    void answersThatWereCompleteAreReplayedWithoutAStep() throws Exception {
        StepGate gate = new StepGate(1 << 20);
        AtomicReference<LlmEngine> engine = new AtomicReference<>();
        TestingProvider provider =
                TestingProvider.of(() -> remember(engine, TestEngines.hooked(gate)));
        OperatorSubtaskState state;
        try (OperatorHarness harness = OperatorHarness.open(spec(provider, 64))) {
            harness.processAll(RECORDS);
            await().pollInterval(Duration.ofMillis(1)).until(() -> allFinished(engine.get()));
            state = harness.snapshot(); // no mail has run
            assertThat(harness.results()).isEmpty();
        }
        StepGate noStep = new StepGate(0);
        TestingProvider restored = TestingProvider.of(() -> TestEngines.hooked(noStep));
        try (OperatorHarness harness = OperatorHarness.restore(spec(restored, 64), state)) {
            harness.endInput();
            assertThat(harness.results()).containsExactlyInAnyOrderElementsOf(expected.values());
        }
        assertThat(noStep.arrived()).isZero();
    }

    @Test
    void stateCanBeRescaledFromOneToThreeToTwo() throws Exception {
        List<String> results = new ArrayList<>();
        Interrupted first = interruptAfter(5);
        results.addAll(first.results);
        List<OperatorSubtaskState> three = new ArrayList<>();
        for (int index = 0; index < 3; index++) {
            three.add(runAndSnapshot(split(first.state, 1, 3, index), 3, index, results));
        }
        OperatorSubtaskState merged =
                AbstractStreamOperatorTestHarness.repackageState(
                        three.toArray(new OperatorSubtaskState[0]));
        for (int index = 0; index < 2; index++) {
            TestingProvider provider = TestingProvider.of(TestEngines::free);
            try (OperatorHarness harness =
                    OperatorHarness.open(
                            spec(provider, 64), split(merged, 3, 2, index), 2, index)) {
                harness.endInput();
                results.addAll(harness.results());
            }
        }
        assertThat(results).containsExactlyInAnyOrderElementsOf(expected.values());
    }

    private static OperatorSubtaskState split(
            OperatorSubtaskState state, int from, int to, int index) {
        return AbstractStreamOperatorTestHarness.repartitionOperatorState(
                state, 8, from, to, index);
    }

    private static OperatorSubtaskState runAndSnapshot(
            OperatorSubtaskState state, int parallelism, int index, List<String> results)
            throws Exception {
        StepGate gate = new StepGate(3);
        TestingProvider provider = TestingProvider.of(() -> TestEngines.hooked(gate));
        try (OperatorHarness harness =
                OperatorHarness.open(spec(provider, 64), state, parallelism, index)) {
            await().pollInterval(Duration.ofMillis(1)).until(() -> gate.arrived() > 3);
            harness.runMailsUntil(() -> harness.pendingMails() == 0);
            OperatorSubtaskState next = harness.snapshot();
            results.addAll(harness.results());
            gate.open();
            return next;
        }
    }

    @Test
    void moreRestoredThanThereIsRoomForStillFinishes() throws Exception {
        Interrupted run = interruptAfter(4);
        TestingProvider provider =
                TestingProvider.of(() -> TestEngines.withWaitingTokens(1, step -> {}));
        List<String> results = new ArrayList<>(run.results);
        try (OperatorHarness harness = OperatorHarness.restore(spec(provider, 2), run.state)) {
            harness.endInput();
            results.addAll(harness.results());
        }
        assertThat(results).containsExactlyInAnyOrderElementsOf(expected.values());
    }

    @Test
    void restoredRecordsGoBeforeNewOnesAndSurviveTheNextSnapshot() throws Exception {
        Interrupted run = interruptAfter(4);
        StepGate gate = new StepGate(0);
        TestingProvider provider = TestingProvider.of(() -> TestEngines.hooked(gate));
        OperatorSubtaskState again;
        try (OperatorHarness harness = OperatorHarness.restore(spec(provider, 2), run.state)) {
            again = harness.snapshot(); // most of them have not even been submitted
            gate.open();
        }
        List<String> results = new ArrayList<>(run.results);
        TestingProvider last = TestingProvider.of(TestEngines::free);
        try (OperatorHarness harness = OperatorHarness.restore(spec(last, 2), again)) {
            harness.process("record-0", 99);
            harness.endInput();
            results.addAll(harness.results());
        }
        List<String> all = new ArrayList<>(expected.values());
        all.add(expected.get("record-0"));
        assertThat(results).containsExactlyInAnyOrderElementsOf(all);
    }

    @Test
    void anotherModelIsRefusedByDefault() throws Exception {
        Interrupted run = interruptAfter(4);
        TestingProvider other = TestingProvider.of(() -> TestEngines.ofModel("other"));
        assertThatThrownBy(() -> OperatorHarness.restore(spec(other, 64), run.state))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("LLM-OP-04")
                .hasMessageContaining("on-model-change");
    }

    @Test
    void anotherModelStartsAnewIfTold() throws Exception {
        Interrupted run = interruptAfter(4);
        AtomicReference<LlmEngine> engine = new AtomicReference<>();
        TestingProvider other =
                TestingProvider.of(() -> remember(engine, TestEngines.ofModel("other")));
        OperatorOptions options =
                new OperatorOptions(
                        64,
                        Duration.ZERO,
                        Duration.ZERO,
                        OnModelChange.REGENERATE,
                        OnEngineFailure.FAIL_TASK);
        try (OperatorHarness harness =
                OperatorHarness.restore(TestingSpecs.spec(other, options), run.state)) {
            harness.endInput();
            assertThat(harness.results()).hasSize(RECORDS.size() - run.results.size());
            assertThat(engine.get().stats().resumedTokens()).isZero();
        }
    }

    @Test
    void tokensOfAnotherPromptAreNotResumed() throws Exception {
        Interrupted run = interruptAfter(4);
        AtomicReference<LlmEngine> engine = new AtomicReference<>();
        TestingProvider provider = TestingProvider.of(() -> remember(engine, TestEngines.free()));
        LlmSpec<String, String> changed =
                new LlmSpec<>(
                        provider,
                        record -> TestingSpecs.request(record + "?", 30),
                        TestingSpecs::result,
                        TestingSpecs.options(64));
        try (OperatorHarness harness = OperatorHarness.restore(changed, run.state)) {
            harness.endInput();
            assertThat(harness.results()).hasSize(RECORDS.size() - run.results.size());
            assertThat(engine.get().stats().resumedTokens()).isZero();
        }
    }

    @Test
    void failedRecordSaysHowOftenItWasTried() throws Exception {
        Interrupted run = interruptAfter(0);
        TestingProvider provider = TestingProvider.of(TestEngines::free);
        LlmSpec<String, String> refusing =
                new LlmSpec<>(
                        provider,
                        record -> TestingSpecs.request(TestingSpecs.BAD),
                        TestingSpecs::result,
                        TestingSpecs.options(64));
        try (OperatorHarness harness = OperatorHarness.restore(refusing, run.state)) {
            assertThat(harness.failed())
                    .hasSize(RECORDS.size())
                    .allMatch(failed -> failed.attempt() == 2);
        }
    }

    private static LlmSpec<String, String> spec(EngineProvider provider, int maxInFlight) {
        return TestingSpecs.spec(provider, TestingSpecs.options(maxInFlight));
    }
}
