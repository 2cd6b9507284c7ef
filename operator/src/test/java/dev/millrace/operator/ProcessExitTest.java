package dev.millrace.operator;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A process whose GPU is lost ends, so that Flink replaces it; only if it is told so. */
final class ProcessExitTest {
    /** {@link ProcessExit#EXIT_CODE} as the system shows it. */
    private static final int LOST = 239;

    @ParameterizedTest
    @CsvSource({
        "EXIT_IF_DEVICE_LOST, DEVICE_LOST, " + LOST,
        "EXIT_IF_DEVICE_LOST, DRIVER_FAILED, 0",
        "FAIL_TASK, DEVICE_LOST, 0"
    })
    void theProcessEndsWhenItsDeviceIsLost(String choice, String error, int exitCode)
            throws IOException, InterruptedException {
        Process process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "--add-opens=java.base/java.util=ALL-UNNAMED",
                                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                                "-cp",
                                System.getProperty("java.class.path"),
                                LostDeviceProbe.class.getName(),
                                choice,
                                error)
                        .redirectErrorStream(true)
                        .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isEqualTo(exitCode);
        // A process that ends may do so before the task has said anything.
        assertThat(output).contains(exitCode == 0 ? "the task has failed" : "This process ends");
    }
}
