package dev.millrace.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.engine.Request;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An id is a name: no record is found, left out or answered for another by it, across a restore either. */
@Timeout(60)
final class RequestIdsTest {
    private static final List<String> RECORDS = TestingSpecs.records(4);

    /** The ids of four records, and those of the records that fail. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a; b; c; d             |",
                "a; a; a; a             |",
                "''; ''; a; a           |",
                "a; null; a; null       | record-1; record-3",
                "null; null; null; null | record-0; record-1; record-2; record-3",
            })
    void everyRecordWithAnIdGetsItsAnswer(String ids, String failing) throws Exception {
        List<String> failed = failing == null ? List.of() : List.of(failing.split("; ", -1));
        List<String> good = new ArrayList<>(RECORDS);
        good.removeAll(failed);
        Map<String, String> expected = TestingSpecs.expected(TestEngines.free(), good);
        StepGate gate = new StepGate(2);
        OperatorSubtaskState state;
        try (OperatorHarness harness =
                OperatorHarness.open(
                        spec(TestingProvider.of(() -> TestEngines.hooked(gate)), ids))) {
            harness.processAll(RECORDS);
            await().pollInterval(Duration.ofMillis(1))
                    .until(() -> good.isEmpty() || gate.arrived() > 2);
            assertThat(harness.failed())
                    .allMatch(one -> one.code().equals("LLM-RQ-11"))
                    .allMatch(one -> one.message().startsWith("request id: got null"))
                    .extracting(FailedRecord::record)
                    .isEqualTo(failed);
            state = harness.snapshot();
            assertThat(harness.results()).isEmpty();
            gate.open();
        }
        try (OperatorHarness harness =
                OperatorHarness.restore(spec(TestingProvider.of(TestEngines::free), ids), state)) {
            harness.endInput();
            assertThat(harness.results()).containsExactlyInAnyOrderElementsOf(expected.values());
        }
    }

    private static LlmSpec<String, String> spec(TestingProvider provider, String ids) {
        String[] all = ids.split("; ", -1);
        return new LlmSpec<>(
                provider,
                record -> {
                    String id = all[RECORDS.indexOf(record)];
                    Request asked = TestingSpecs.request(record);
                    return Request.of(
                            id.equals("null") ? null : id, asked.prompt(), asked.sampling());
                },
                TestingSpecs::result,
                TestingSpecs.options(64));
    }
}
