package dev.millrace.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.kernels.cuda.MutantKernels.Barrier;
import dev.millrace.kernels.cuda.MutantKernels.Program;
import dev.millrace.kernels.cuda.emulator.TestingPrograms;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Removes one barrier of the product kernels after the other and prints what the checker says. Takes many minutes, so it is run by
 * hand: {@code src/test/cuda/remove-barriers.sh}.
 */
final class EveryBarrier {
    /** Regular expression of "FILE:LINE TEXT". */
    private static final String WANTED = System.getProperty("millrace.barriers", ".*");

    /**
     * The checker has nothing to say: without the wait for sums in registers values are wrong, which {@code QuantizedLinearTest} sees;
     * and it does not model fences of registers and of mbarriers' initialisation.
     */
    private static final String WITHOUT_REPORT =
            ".* (wgmma_wait<0>\\(partial\\)|wgmma_fence\\(\\)|fence_mbarrier_init\\(\\))";

    @Test
    void isMissedByTheKernelCases() throws IOException, InterruptedException {
        TestingPrograms emulator = TestingPrograms.require(EveryBarrier.class);
        List<Barrier> silent = new ArrayList<>();
        for (Barrier barrier : MutantKernels.all()) {
            if (barrier.toString().matches(WANTED)) {
                String report = report(emulator, barrier);
                System.out.println(barrier + "\n    " + report);
                if (report.isEmpty() && !barrier.toString().matches(WITHOUT_REPORT)) {
                    silent.add(barrier);
                }
            }
        }
        assertThat(silent).isEmpty();
    }

    private static String report(TestingPrograms emulator, Barrier barrier)
            throws IOException, InterruptedException {
        for (Program program : MutantPrograms.of(barrier.file())) {
            String report = MutantKernels.report(emulator, program, barrier);
            if (!report.isEmpty()) {
                return report;
            }
        }
        return "";
    }
}
