package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.kernels.DeviceBytes;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class MemoryPlanTest {
    private static final long GIB = 1L << 30;

    private static MemoryPlan plan(long free, String... options) {
        Map<String, String> map = options.length == 0 ? Map.of() : Map.of(options[0], options[1]);
        return MemoryPlan.of(
                "cuda:0",
                new DeviceBytes(80 * GIB, free),
                EngineOptions.parse(map),
                15 * GIB,
                2 * GIB);
    }

    @Test
    void keysAndValuesGetWhatIsLeftOfTheShare() {
        MemoryPlan plan = plan(79 * GIB);
        plan.check(GIB);
        assertThat(plan.kvBytes()).isBetween(54 * GIB, 55 * GIB);
    }

    @Test
    void whatIsMeasuredCountsInTheEnd() {
        MemoryPlan plan = plan(79 * GIB);
        assertThat(plan.kvBytes(79 * GIB)).isEqualTo(72 * GIB);
        assertThat(plan.kvBytes(60 * GIB)).isEqualTo(53 * GIB);
        plan.checkMeasured(GIB, GIB);
        assertThatThrownBy(() -> plan.checkMeasured(GIB - 1, GIB))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContainingAll(
                        "LLM-DV-08", "1023 MiB of 73728 MiB left", "1024 MiB at least");
    }

    @Test
    void fewerBlocksThanSequencesAreExplained() {
        EngineConfig config =
                EngineOptions.parse(Map.of("max-num-seqs", "100", "block-size", "16"));
        assertThat(KvSizing.shortage(config, 99, 1000))
                .hasValueSatisfying(
                        text ->
                                assertThat(text)
                                        .contains(
                                                "max-num-seqs is 100",
                                                "99 blocks of 16 tokens, 1000 bytes each",
                                                "at most 99 sequences",
                                                "at least 100000 bytes"));
        assertThat(KvSizing.shortage(config, 100, 1000)).isEmpty();
    }

    @Test
    void aSizeThatIsAskedForWinsOverTheShare() {
        MemoryPlan plan = plan(30 * GIB, "kv-cache-memory", "4g");
        plan.check(4 * GIB);
        assertThat(plan.kvBytes()).isEqualTo(4 * GIB);
    }

    @Test
    void aSecondEngineThatAsksForMoreThanIsFreeIsRefused() {
        assertThatThrownBy(() -> plan(8 * GIB).check(GIB))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContainingAll(
                        "LLM-DV-08",
                        "8192 MiB free",
                        "73728 MiB",
                        "another engine",
                        "device = cuda:N");
    }

    @Test
    void aModelThatIsTooLargeIsRefusedWithTheSumAndThreeThingsToChange() {
        assertThatThrownBy(() -> plan(79 * GIB, "gpu-memory-utilization", "0.2").check(GIB))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContainingAll(
                        "LLM-DV-08",
                        "16384 MiB to use",
                        "weights 15360 MiB",
                        "activations 2048 MiB",
                        "gpu-memory-utilization",
                        "max-num-batched-tokens",
                        "smaller or quantised model");
    }
}
