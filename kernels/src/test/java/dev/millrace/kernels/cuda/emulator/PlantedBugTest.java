package dev.millrace.kernels.cuda.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.kernels.cuda.emulator.TestingPrograms.Build;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every bug planted in src/test/emulator/tests/bugs is reported, and named; what is correct is not. */
final class PlantedBugTest {
    private static final int CAUGHT = 3;
    private static final int WRONG_VALUES = 4;

    private static TestingPrograms emulator;

    @BeforeAll
    static void build() {
        emulator = TestingPrograms.require(PlantedBugTest.class);
    }

    static Stream<PlantedBug> bugs() {
        return PlantedBug.all().stream().filter(bug -> !bug.isCorrect());
    }

    static Stream<PlantedBug> correctKernels() {
        return PlantedBug.all().stream().filter(PlantedBug::isCorrect);
    }

    @Test
    void thereAreAtLeastThirtyEightBugs() {
        assertThat(bugs()).hasSizeGreaterThanOrEqualTo(38);
        assertThat(bugs()).allSatisfy(bug -> assertThat(bug.report()).isNotBlank());
    }

    @ParameterizedTest
    @MethodSource("bugs")
    void checkBuildReportsKernelBlockThreadAndLine(PlantedBug bug) {
        ChildProcess.Result result = run(bug, Map.of());
        if (bug.report().equals("wrong values")) {
            assertThat(result.exitCode()).isEqualTo(WRONG_VALUES);
            return;
        }
        assertThat(result.exitCode())
                .as("%s%s", result.output(), result.errors())
                .isEqualTo(CAUGHT);
        assertThat(result.errors())
                .contains(bug.report())
                .containsPattern(
                        "\\[kernel "
                                + bug.kernel()
                                + ", block \\(\\d+,\\d+,\\d+\\), thread \\(\\d+,\\d+,\\d+\\)]");
        assertThat(bug.allOf()).allSatisfy(line -> assertThat(result.errors()).contains(line));
        assertThat(
                        bug.oneOf().isEmpty()
                                || bug.oneOf().stream().anyMatch(result.errors()::contains))
                .isTrue();
    }

    @ParameterizedTest
    @MethodSource("bugs")
    void noOrderOfThreadsHidesABug(PlantedBug bug) {
        List<Map<String, String>> orders =
                List.of(
                        Map.of("ORDER", "reverse"),
                        Map.of("ORDER", "random:7"),
                        Map.of("ORDER", "random:11"));
        for (Map<String, String> order : orders) {
            assertThat(run(bug, order).exitCode()).as("%s", order).isIn(CAUGHT, WRONG_VALUES);
        }
    }

    @ParameterizedTest
    @MethodSource("correctKernels")
    void nothingIsSaidOfCorrectKernels(PlantedBug kernel) {
        for (String mode : List.of("lazy", "eager")) {
            for (String order : List.of("natural", "reverse", "random:1", "random:2", "random:3")) {
                ChildProcess.Result result = run(kernel, Map.of("MODE", mode, "ORDER", order));
                assertThat(result.output() + result.errors()).as("%s %s", mode, order).isEmpty();
                assertThat(result.exitCode()).isZero();
            }
        }
    }

    private static ChildProcess.Result run(PlantedBug bug, Map<String, String> options) {
        return emulator.run(Build.CHECK, "bugs", options, bug.arguments());
    }
}
