package dev.millrace.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.kernels.CudaKernels;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.KernelsConfig;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.TestingEmulator;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a device is asked for reports: facts, times, conformance. */
final class DeviceReportsTest {

    @BeforeEach
    void theEmulatorIsThere() {
        assumeTrue(TestingEmulator.isLoaded(), "the emulator was not built");
    }

    @Test
    void theEmulatorIsNoGpu() {
        DeviceFacts facts = DeviceFacts.of("cuda:0");
        assertThat(facts.real()).isFalse();
        assertThat(facts.computeCapability()).isEqualTo("9.0");
        assertThat(facts.multiprocessors()).isPositive();
        assertThat(facts.pciBusId()).contains(":");
    }

    @Test
    void allConformanceKernelsRunThroughTheDriver() {
        List<Conformance.Result> results = Conformance.run("cuda:0");
        assertThat(results).hasSizeGreaterThanOrEqualTo(49);
        assertThat(results)
                .allSatisfy(
                        result ->
                                assertThat(result.outcome())
                                        .as(result.kernel())
                                        .isEqualTo(Conformance.Outcome.SAME));
    }

    @Test
    void aTraceHasEveryKernelInOrderAlsoThoseOfARecordedStep() {
        try (CudaKernels kernels = (CudaKernels) Kernels.create(KernelsConfig.cuda())) {
            Tensor logits = kernels.allocate(DType.F32, 3, 5, "test");
            Runnable step =
                    () -> {
                        kernels.softCap(logits, 3f, 3);
                        kernels.softCap(logits, 3f, 2);
                    };
            kernels.replay(1, step);
            kernels.replay(1, step);
            List<KernelTime> times = kernels.trace(() -> kernels.replay(1, step));
            assertThat(times).extracting(KernelTime::kernel).containsOnly("soft_cap").hasSize(2);
            assertThat(times.get(1).start()).isGreaterThanOrEqualTo(times.get(0).start());
            assertThat(kernels.time(() -> kernels.replay(1, step)).milliseconds()).isNotNegative();
            assertThat(kernels.copyRate(1 << 16)).isPositive();
        }
    }
}
