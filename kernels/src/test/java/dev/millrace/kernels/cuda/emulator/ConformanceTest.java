package dev.millrace.kernels.cuda.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.kernels.cuda.emulator.TestingPrograms.Build;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every wrapper of ptx.cuh gives what plain loops over the PTX manual's layouts give, and what GPUs gave where that was recorded. */
final class ConformanceTest {
    /** What a device must leave; read by {@code Conformance}. */
    private static final Path EXPECTED =
            Path.of("src/main/resources/dev/millrace/kernels/cuda/conformance.txt");

    /** One file for each GPU, as {@code millrace gpu-check} leaves it: what the kernels left there. */
    private static final Path RECORDED = Path.of("src/test/resources/conformance");

    private static final int LEAST_CASES = 49;

    private static TestingPrograms emulator;

    @BeforeAll
    static void build() {
        emulator = TestingPrograms.require(ConformanceTest.class);
    }

    @ParameterizedTest
    @EnumSource(Build.class)
    void wrappersComputeWhatTheManualSays(Build build) {
        String expected = run(build, Map.of());
        assertThat(expected.lines()).hasSizeGreaterThanOrEqualTo(LEAST_CASES);
        assertThat(EXPECTED).content().isEqualTo(expected);
        for (Map<String, String> options :
                List.of(
                        Map.of("MODE", "eager"),
                        Map.of("ORDER", "reverse"),
                        Map.of("ORDER", "random:5"))) {
            assertThat(run(build, options)).as("%s", options).isEqualTo(expected);
        }
    }

    @Test
    void wrappersComputeWhatWasRecordedOnGpus() throws IOException {
        if (!Files.isDirectory(RECORDED)) {
            return;
        }
        List<String> emulated = run(Build.PLAIN, Map.of()).lines().toList();
        try (var files = Files.list(RECORDED)) {
            for (Path file : files.toList()) {
                assertThat(Files.readAllLines(file))
                        .as("%s", file)
                        .filteredOn(line -> !line.startsWith("#"))
                        .isNotEmpty()
                        .isSubsetOf(emulated);
            }
        }
    }

    private static String run(Build build, Map<String, String> options) {
        ChildProcess.Result result = emulator.run(build, options, List.of("conformance"));
        assertThat(result.exitCode()).as("%s%s", result.output(), result.errors()).isZero();
        return result.output();
    }
}
