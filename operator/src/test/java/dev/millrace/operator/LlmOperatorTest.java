package dev.millrace.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.engine.EngineConfig;
import dev.millrace.engine.EngineFailedException;
import dev.millrace.engine.InvalidModelException;
import dev.millrace.engine.LlmEngine;
import dev.millrace.engine.Status;
import dev.millrace.engine.TestingEngines;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.api.common.typeutils.base.StringValueSerializer;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.apache.flink.types.StringValue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class LlmOperatorTest {
    private static final List<String> RECORDS = TestingSpecs.records(20);
    private static final Map<String, String> EXPECTED =
            TestingSpecs.expected(TestEngines.free(), RECORDS);

    @AfterEach
    void noEngineIsLeft() {
        assertThat(SharedEngine.openLeases()).isZero();
    }

    @Test
    void answersCarryTheTimestampsOfTheirRecords() throws Exception {
        try (OperatorHarness harness = OperatorHarness.open(spec(TestEngines::free))) {
            harness.processAll(RECORDS);
            harness.endInput();
            for (Object one : harness.output()) {
                StreamRecord<?> record = (StreamRecord<?>) one;
                String expected = EXPECTED.get("record-" + record.getTimestamp());
                assertThat(record.getValue()).isEqualTo(expected);
            }
            assertThat(harness.output()).hasSize(RECORDS.size());
        }
    }

    @Test
    void badRecordGoesToTheSideOutputAndItsNeighboursAreUntouched() throws Exception {
        try (OperatorHarness harness = OperatorHarness.open(spec(TestEngines::free))) {
            harness.processAll(RECORDS.subList(0, 10));
            harness.process(TestingSpecs.BAD + " one", 100);
            harness.processAll(RECORDS.subList(10, 20));
            harness.endInput();
            assertThat(harness.results()).containsExactlyInAnyOrderElementsOf(EXPECTED.values());
            assertThat(harness.failed())
                    .containsExactly(
                            new FailedRecord<>(
                                    TestingSpecs.BAD + " one",
                                    Status.INVALID_INPUT,
                                    "LLM-RQ-01",
                                    "prompt: got nothing; expected text. Write one [LLM-RQ-01]",
                                    1));
        }
    }

    @Test
    void failureFunctionLetsBadRecordsLeaveWhereTheAnswersDo() throws Exception {
        LlmSpec<String, String> spec =
                new LlmSpec<>(
                        TestingProvider.of(TestEngines::free),
                        TestingSpecs::request,
                        TestingSpecs::result,
                        TestingSpecs.options(64),
                        failed -> failed.record() + " " + failed.code());
        try (OperatorHarness harness = OperatorHarness.open(spec)) {
            harness.process(TestingSpecs.BAD + " one", 100);
            harness.processAll(RECORDS.subList(0, 2));
            harness.endInput();
            assertThat(harness.failed()).isEmpty();
            assertThat(harness.results())
                    .contains(TestingSpecs.BAD + " one LLM-RQ-01")
                    .containsAll(List.of(EXPECTED.get("record-0"), EXPECTED.get("record-1")))
                    .hasSize(3);
        }
    }

    @Test
    void recordThatTheEngineRefusesGoesToTheSideOutput() throws Exception {
        LlmSpec<String, String> spec =
                new LlmSpec<>(
                        TestingProvider.of(TestEngines::free),
                        record -> TestingSpecs.request(record.substring(1)),
                        TestingSpecs::result,
                        TestingSpecs.options(64));
        try (OperatorHarness harness = OperatorHarness.open(spec)) {
            harness.process("x", 1); // no tokens are left of it
            harness.process("xrecord-3", 2);
            harness.endInput();
            assertThat(harness.failed()).singleElement().matches(f -> f.code().equals("LLM-RQ-01"));
            assertThat(harness.results()).hasSize(1);
        }
    }

    @Test
    void functionsThatThrowFailTheirRecordOnlyAndQuoteNothing() throws Exception {
        LlmSpec<String, String> spec =
                new LlmSpec<>(
                        TestingProvider.of(TestEngines::free),
                        record -> {
                            throwIf(record.equals("record-3"), record);
                            return TestingSpecs.request(record);
                        },
                        (record, completion) -> {
                            throwIf(record.equals("record-4"), record);
                            return TestingSpecs.result(record, completion);
                        },
                        TestingSpecs.options(64));
        try (OperatorHarness harness = OperatorHarness.open(spec)) {
            harness.processAll(RECORDS);
            harness.endInput();
            assertThat(harness.failed())
                    .extracting(FailedRecord::code)
                    .containsExactly("LLM-OP-01", "LLM-OP-02");
            assertThat(harness.failed())
                    .allMatch(f -> f.message().contains("IllegalStateException"))
                    .noneMatch(f -> f.message().contains(f.record()));
            assertThat(harness.results()).hasSize(RECORDS.size() - 2);
        }
    }

    private static void throwIf(boolean condition, String record) {
        if (condition) {
            throw new IllegalStateException("cannot read " + record);
        }
    }

    @Test
    void recordThatMissesItsDeadlineGoesToTheSideOutput() throws Exception {
        OperatorOptions options =
                new OperatorOptions(
                        64,
                        Duration.ofMillis(30),
                        Duration.ZERO,
                        OnModelChange.FAIL,
                        OnEngineFailure.FAIL_TASK);
        LlmSpec<String, String> spec =
                new LlmSpec<>(
                        TestingProvider.of(() -> TestEngines.slow(Duration.ofMillis(2))),
                        record -> TestingSpecs.request(record, 1500),
                        TestingSpecs::result,
                        options);
        try (OperatorHarness harness = OperatorHarness.open(spec)) {
            harness.process("record-1", 1);
            harness.endInput();
            assertThat(harness.failed())
                    .singleElement()
                    .matches(failed -> failed.status() == Status.DEADLINE)
                    .matches(failed -> failed.code().equals("LLM-OP-03"));
            assertThat(harness.results()).isEmpty();
        }
    }

    @Test
    void subtaskKeepsToItsOwnBound() throws Exception {
        AtomicInteger inFlight = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        LlmSpec<String, String> spec =
                new LlmSpec<>(
                        TestingProvider.of(TestEngines::free),
                        record -> {
                            most.accumulateAndGet(inFlight.incrementAndGet(), Math::max);
                            return TestingSpecs.request(record);
                        },
                        (record, completion) -> {
                            inFlight.decrementAndGet();
                            return TestingSpecs.result(record, completion);
                        },
                        TestingSpecs.options(3));
        try (OperatorHarness harness = OperatorHarness.open(spec)) {
            harness.processAll(RECORDS);
            harness.endInput();
            assertThat(harness.results()).containsExactlyInAnyOrderElementsOf(EXPECTED.values());
            assertThat(most.get()).isEqualTo(4); // three, and the one that waits
        }
    }

    @Test
    void reusedObjectsAreCopied() throws Exception {
        TypeInformation<StringValue> type = TypeInformation.of(StringValue.class);
        LlmSpec<StringValue, String> spec =
                new LlmSpec<>(
                        TestingProvider.of(TestEngines::free),
                        record -> TestingSpecs.request(record.getValue()),
                        (record, completion) -> TestingSpecs.result(record.getValue(), completion),
                        TestingSpecs.options(64));
        OneInputStreamOperatorTestHarness<StringValue, String> harness =
                new OneInputStreamOperatorTestHarness<>(
                        new LlmOperatorFactory<>(spec, LlmInference.failedTag(type)),
                        StringValueSerializer.INSTANCE);
        try {
            harness.getExecutionConfig().enableObjectReuse();
            harness.setup(StringSerializer.INSTANCE);
            harness.open();
            StringValue reused = new StringValue();
            for (String record : RECORDS) {
                reused.setValue(record);
                harness.processElement(reused, 1);
            }
            harness.endInput();
            assertThat(harness.extractOutputValues())
                    .containsExactlyInAnyOrderElementsOf(EXPECTED.values());
        } finally {
            harness.close();
        }
    }

    @Test
    void closeWithdrawsWhatIsInFlight() throws Exception {
        StepGate gate = new StepGate(0);
        AtomicReference<LlmEngine> engine = new AtomicReference<>();
        TestingProvider provider =
                TestingProvider.of(
                        () -> {
                            engine.set(TestEngines.hooked(gate));
                            return engine.get();
                        });
        SharedEngine other = SharedEngine.acquire(provider, Duration.ZERO);
        try (other) {
            try (OperatorHarness harness =
                    OperatorHarness.open(TestingSpecs.spec(provider, TestingSpecs.options(64)))) {
                harness.processAll(RECORDS);
            }
            gate.open();
            await().until(() -> engine.get().stats().failedRequests() == RECORDS.size());
        }
        assertThat(SharedEngine.openLeases()).isZero();
    }

    @Test
    void brokenEngineFailsTheTaskAndIsNotSharedAgain() throws Exception {
        AtomicInteger loads = new AtomicInteger();
        TestingProvider provider =
                TestingProvider.of(
                        () ->
                                loads.incrementAndGet() == 1
                                        ? TestEngines.hooked(
                                                TestingEngines.throwAt(
                                                        5,
                                                        new IllegalStateException("device lost")))
                                        : TestEngines.free());
        OperatorOptions lingering =
                new OperatorOptions(
                        64,
                        Duration.ZERO,
                        Duration.ofMinutes(1),
                        OnModelChange.FAIL,
                        OnEngineFailure.FAIL_TASK);
        LlmSpec<String, String> spec = TestingSpecs.spec(provider, lingering);
        try (OperatorHarness harness = OperatorHarness.open(spec)) {
            assertThatThrownBy(
                            () -> {
                                harness.processAll(RECORDS);
                                harness.endInput();
                            })
                    .hasRootCauseMessage("device lost")
                    .isInstanceOf(EngineFailedException.class);
        }
        try (OperatorHarness harness = OperatorHarness.open(spec)) {
            harness.processAll(RECORDS);
            harness.endInput();
            assertThat(harness.results()).containsExactlyInAnyOrderElementsOf(EXPECTED.values());
        }
        assertThat(loads.get()).isEqualTo(2);
        SharedEngine.closeIdle();
    }

    @Test
    void modelThatCannotBeUsedEndsTheJobInsteadOfRestartingIt() {
        LlmSpec<String, String> spec =
                TestingSpecs.spec(
                        new EngineSpec("no-such-model", EngineConfig.defaults()),
                        TestingSpecs.options(64));
        assertThatThrownBy(() -> OperatorHarness.open(spec))
                .isInstanceOf(SuppressRestartsException.class)
                .cause()
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("no-such-model");
        assertThat(SharedEngine.openLeases()).isZero();
    }

    @Test
    void watermarksAndIdlenessWaitForTheRecordsBeforeThem() throws Exception {
        StepGate gate = new StepGate(0);
        LlmSpec<String, String> spec = spec(() -> TestEngines.hooked(gate));
        try (OperatorHarness harness = OperatorHarness.open(spec)) {
            harness.watermark(1);
            harness.processAll(RECORDS);
            harness.watermark(50);
            harness.status(WatermarkStatus.IDLE);
            harness.watermark(Long.MAX_VALUE); // must not wait
            assertThat(harness.output()).containsExactly(new Watermark(1));
            gate.open();
            harness.endInput();
            List<Object> output = new ArrayList<>(harness.output());
            assertThat(output.subList(1 + RECORDS.size(), output.size()))
                    .containsExactly(
                            new Watermark(50), WatermarkStatus.IDLE, Watermark.MAX_WATERMARK);
        }
    }

    @Test
    void watermarksDoNotWaitForRecordsAfterThem() throws Exception {
        StepGate gate = new StepGate(1 << 20);
        try (OperatorHarness harness = OperatorHarness.open(spec(() -> TestEngines.hooked(gate)))) {
            harness.process("record-1", 1);
            harness.watermark(10);
            harness.runMailsUntil(() -> harness.output().size() == 2);
            assertThat(harness.output().get(1)).isEqualTo(new Watermark(10));
            harness.process("record-2", 11);
            harness.watermark(20);
            harness.endInput();
            assertThat(harness.output().get(3)).isEqualTo(new Watermark(20));
        }
    }

    private static LlmSpec<String, String> spec(Supplier<LlmEngine> engine) {
        return TestingSpecs.spec(TestingProvider.of(engine), TestingSpecs.options(64));
    }
}
