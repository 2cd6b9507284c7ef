package dev.millrace.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.kernels.cuda.MutantKernels.Barrier;
import dev.millrace.kernels.cuda.emulator.TestingPrograms;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Product kernels that lack a barrier are reported, and named; {@link EveryBarrier} goes through all of them. */
final class RemovedBarrierTest {
    private static TestingPrograms emulator;

    @BeforeAll
    static void build() {
        emulator = TestingPrograms.require(RemovedBarrierTest.class);
    }

    /** {@code number}: which of the file's barriers, from 0; {@code text} is what must stand there. */
    @ParameterizedTest
    @CsvSource({
        "attention_tile.cuh, 2, __syncthreads(), attention_prefill_bf16_d128",
        "linear_tile.cuh, 1, __syncthreads(), linear_bf16_128x128",
        "sampling.cu, 0, __syncthreads(), sample",
        "reduce.cuh, 0, __syncthreads(), rms_norm_bf16"
    })
    void theCheckerSaysWhereABarrierIsMissing(String file, int number, String text, String kernel)
            throws IOException, InterruptedException {
        Barrier barrier =
                MutantKernels.all().stream()
                        .filter(each -> each.file().equals(file))
                        .toList()
                        .get(number);
        assertThat(barrier.text()).as("%s", barrier).isEqualTo(text);
        String report = MutantKernels.report(emulator, MutantPrograms.of(file).get(0), barrier);
        assertThat(report)
                .as("without %s", barrier)
                .containsPattern("(race in|read of uninitialised) (static|dynamic) shared memory")
                .containsPattern(" at \\w+\\.cuh?:\\d+")
                .containsPattern(
                        "\\[kernel %s, block \\(\\d+,\\d+,\\d+\\), thread \\(\\d+,\\d+,\\d+\\)]"
                                .formatted(kernel));
    }

    @Test
    void everyFileWithABarrierHasCases() throws IOException {
        List<Barrier> all = MutantKernels.all();
        assertThat(all).hasSizeGreaterThan(50);
        assertThat(all).allSatisfy(each -> assertThat(MutantPrograms.of(each.file())).isNotEmpty());
    }
}
