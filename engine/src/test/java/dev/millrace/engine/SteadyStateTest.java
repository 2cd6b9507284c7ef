package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.engine.SteadyState.Figures;
import dev.millrace.engine.SteadyState.Step;
import dev.millrace.engine.model.ModelConfig;
import dev.millrace.engine.model.SyntheticDecoder;
import dev.millrace.kernels.cuda.KernelTime;
import dev.millrace.kernels.synthetic.ModelShape;
import dev.millrace.kernels.synthetic.WeightKind;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The measurement of a running engine, on the emulated GPU: what it counts, not how long it takes. */
final class SteadyStateTest {
    private static final int LAYERS = 2;
    private static final int SEQUENCES = 6;
    private static final Duration LONG = Duration.ofMinutes(5);
    private static final ModelConfig MODEL = SyntheticDecoder.config(ModelShape.TINY, LAYERS, 64);

    @BeforeEach
    void theEmulatorIsThere() {
        TestingDevices.assumeEmulator();
    }

    private static SteadyState open(WeightKind kind) {
        return SteadyState.open(
                MODEL,
                kind,
                EngineOptions.parse(
                        Map.of(
                                "device", "cuda:0",
                                "max-num-seqs", Integer.toString(SEQUENCES),
                                "max-num-batched-tokens", "64",
                                "kv-cache-memory", "1m")));
    }

    @Test
    void theMiddleOfARunIsFullOfSequencesOfAllAges() {
        try (SteadyState engine = open(WeightKind.DENSE)) {
            Figures figures = engine.measure(8, 6, 12, LONG);
            assertThat(figures.steps()).isEqualTo(12);
            assertThat(figures.first()).hasSize(12);
            long tokens = figures.first().stream().mapToLong(Step::tokens).sum();
            assertThat(figures.computedTokens()).isEqualTo(tokens);
            // An answer of 6 tokens fills its place for 6 steps; the host, a step ahead, finds it
            // empty for the seventh. One in 7 is replaced at each step.
            assertThat(figures.first())
                    .extracting(Step::sequences)
                    .containsOnly(SEQUENCES - 1, SEQUENCES);
            long sequences = figures.first().stream().mapToLong(Step::sequences).sum();
            assertThat(figures.generatedTokens()).isEqualTo(sequences);
            assertThat(tokens - figures.generatedTokens()).isBetween(7L * 8, 7L * 12);
        }
    }

    @Test
    void workloadsFollowEachOtherOnOneEngine() {
        try (SteadyState engine = open(WeightKind.DENSE)) {
            assertThat(engine.measure(40, 20, 2, LONG).steps()).isEqualTo(2);
            assertThat(engine.measure(3, 4, 2, LONG).steps()).isEqualTo(2);
            assertThat(engine.measure(3, 4, 1000, Duration.ZERO).steps()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aStepIsTracedKernelByKernelWithEveryKindOfWeight(WeightKind kind) {
        try (SteadyState engine = open(kind)) {
            List<KernelTime> trace = engine.trace(8, 6);
            assertThat(trace).extracting(KernelTime::kernel).contains("embed_bf16");
            assertThat(trace)
                    .filteredOn(time -> time.kernel().contains("linear_"))
                    .hasSize(4 * LAYERS + 1);
            assertThat(trace)
                    .filteredOn(time -> time.kernel().startsWith("attention_decode"))
                    .hasSize(LAYERS);
        }
    }

    @Test
    void theMemoryOfAllLayersIsCounted() {
        long one = SyntheticDecoder.weightBytes(SyntheticDecoder.llama8b(64), WeightKind.DENSE);
        // 8.03 billion weights of 2 bytes. Source: the model card.
        assertThat(one).isBetween(16_050_000_000L, 16_080_000_000L);
        long fp8 = SyntheticDecoder.weightBytes(SyntheticDecoder.llama8b(64), WeightKind.FP8);
        assertThat(fp8).isBetween(one / 2, one * 3 / 5);
    }

    @Test
    void whatDoesNotFitIsRefused() {
        EngineConfig config = EngineOptions.parse(Map.of("device", "cuda:0"));
        ModelConfig large = SyntheticDecoder.config(ModelShape.LLAMA_8B, 400, 64);
        assertThatThrownBy(() -> SteadyState.open(large, WeightKind.DENSE, config))
                .hasMessageContaining("gpu-memory-utilization");
    }
}
