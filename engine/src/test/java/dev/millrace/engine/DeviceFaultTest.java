package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.kernels.ForkedJvm;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Errors of the driver in the middle of the work, a step ahead of the device. */
final class DeviceFaultTest {
    /** Behind the first steps of the load and the first decode steps. */
    private static final String LATE_LAUNCH = "cuGraphLaunch:6:";

    @BeforeAll
    static void needsTheEmulator() {
        TestingDevices.assumeEmulator();
    }

    private static List<String> lines(Map<String, String> environment)
            throws IOException, InterruptedException {
        ForkedJvm.Result result = ForkedJvm.run(DeviceFaultProbe.class, environment, List.of());
        assertThat(result.exitCode()).as(result.output()).isZero();
        return result.output()
                .lines()
                .filter(line -> line.startsWith("answer: ") || line.startsWith("engine failed: "))
                .toList();
    }

    @Test
    void tooLittleMemoryForAStepChangesNoAnswer() throws IOException, InterruptedException {
        List<String> sound = lines(Map.of());
        assertThat(sound).hasSize(6).endsWith("engine failed: false");
        assertThat(lines(Map.of("MILLRACE_EMU_FAIL", LATE_LAUNCH + "2"))).isEqualTo(sound);
    }

    @Test
    void aLostDeviceFailsAllThatIsInFlightAndRefusesTheRest()
            throws IOException, InterruptedException {
        assertThat(lines(Map.of("MILLRACE_EMU_FAIL", LATE_LAUNCH + "700")))
                .hasSize(6)
                .startsWith("answer: LLM-DV-10", "answer: LLM-DV-10")
                .endsWith("answer: LLM-DV-10", "engine failed: true");
    }
}
