package dev.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.kernels.TestingEmulator;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The quickstart with the model on the emulated GPU; in a process of its own, for a process has one CUDA driver or none. */
final class EmulatedGpuITCase {

    @Test
    void theQuickstartRunsOnIt() {
        assumeTrue(TestingEmulator.isLoaded(), "no CUDA emulator");
        StringWriter out = new StringWriter();
        StringWriter progress = new StringWriter();
        int exitCode =
                new CommandLine(new QuickstartCommand())
                        .setOut(new PrintWriter(out))
                        .setErr(new PrintWriter(progress, true))
                        .execute("--device", "cuda", "--tickets", "6", "--no-kill");
        assertThat(exitCode).as(out + "\n" + progress).isZero();
        assertThat(out.toString()).containsPattern("tickets in +6").containsPattern("lost +0");
    }
}
