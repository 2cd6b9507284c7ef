package dev.millrace.kernels.cuda.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.kernels.cuda.emulator.TestingPrograms.Build;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The null device drops launches, so that what is measured on it is the host's own cost. */
final class NullDeviceTest {
    /** Far above what a call costs, 20 to 50 ns, and far below what any kernel would. */
    private static final double MOST_NANOSECONDS_A_LAUNCH = 1_000;

    private static final double MOST_MICROSECONDS_TO_ALLOCATE = 5_000;

    private static TestingPrograms emulator;

    @BeforeAll
    static void build() {
        emulator = TestingPrograms.require(NullDeviceTest.class);
    }

    @Test
    void launchesCostNothingAndCopiesWork() {
        ChildProcess.Result result = run("1");
        assertThat(number(result, "launch")).isLessThan(MOST_NANOSECONDS_A_LAUNCH);
        assertThat(number(result, "graph launch")).isLessThan(MOST_NANOSECONDS_A_LAUNCH);
        assertThat(number(result, "allocation of 64 GiB in microseconds"))
                .isLessThan(MOST_MICROSECONDS_TO_ALLOCATE);
        assertThat(result.value("copied")).isEqualTo("41");
    }

    @Test
    void copiesCanBeDroppedToo() {
        assertThat(run("2").value("copied")).isEqualTo("0");
    }

    private static ChildProcess.Result run(String mode) {
        ChildProcess.Result result =
                emulator.run(Build.PLAIN, "bugs", Map.of("NULL", mode), List.of("null-device"));
        assertThat(result.exitCode()).as("%s%s", result.output(), result.errors()).isZero();
        return result;
    }

    private static double number(ChildProcess.Result result, String key) {
        return Double.parseDouble(result.value(key));
    }
}
