package dev.millrace.kernels.cuda.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.kernels.cuda.emulator.PtxasReport.Occupancy;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PtxasReportTest {
    private static final List<String> LOG =
            List.of(
                    "ptxas info    : 0 bytes gmem",
                    "ptxas info    : Compiling entry function 'linear_bf16' for 'sm_90a'",
                    "ptxas info    : Function properties for linear_bf16",
                    "    32 bytes stack frame, 8 bytes spill stores, 16 bytes spill loads",
                    "ptxas info    : Used 96 registers, used 1 barriers, 2080 bytes smem, 400 bytes cmem[0]",
                    "ptxas info    : Compiling entry function 'soft_cap' for 'sm_80'",
                    "ptxas info    : Function properties for soft_cap",
                    "    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads",
                    "ptxas info    : Used 33 registers, 380 bytes cmem[0]");

    @Test
    void readsRegistersSharedMemoryAndSpills() {
        assertThat(PtxasReport.parse(LOG))
                .containsExactly(
                        new PtxasReport("linear_bf16", "sm_90a", 96, 2080, 32, 24),
                        new PtxasReport("soft_cap", "sm_80", 33, 0, 0, 0));
    }

    @Test
    void occupancyNamesItsLimit() {
        PtxasReport linear = new PtxasReport("linear", "sm_90a", 96, 0, 0, 0);
        assertThat(linear.occupancy(128, 24_576)).isEqualTo(new Occupancy(5, 0.3125, "registers"));
        assertThat(linear.occupancy(128, 100 << 10))
                .isEqualTo(new Occupancy(2, 0.125, "shared memory"));
        assertThat(linear.occupancy(128, 228 << 10))
                .isEqualTo(new Occupancy(0, 0, "shared memory"));
        PtxasReport small = new PtxasReport("small", "sm_80", 32, 0, 0, 0);
        assertThat(small.occupancy(1024, 0)).isEqualTo(new Occupancy(2, 1, "threads"));
        assertThat(small.occupancy(32, 0)).isEqualTo(new Occupancy(32, 0.5, "blocks"));
    }
}
