package dev.millrace.engine;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.kernels.TestingEmulator;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The devices that tests of a loaded model run on. */
public final class TestingDevices {
    private static final String CUDA = "cuda:0";

    private TestingDevices() {}

    /** The CPU, and the emulated GPU where it could be built. */
    public static List<String> all() {
        List<String> devices = new ArrayList<>(List.of("cpu"));
        if (TestingEmulator.isLoaded()) {
            devices.add(CUDA);
        }
        return devices;
    }

    static boolean isGpu(String device) {
        return device.equals(CUDA);
    }

    /** The rest of the test is about the GPU. */
    public static void assumeEmulator() {
        assumeTrue(TestingEmulator.isLoaded(), "no CUDA emulator");
    }

    /** The same configuration on another device. */
    static EngineConfig on(String device, EngineConfig config) {
        return EngineOptions.parse(Map.of("device", device), config);
    }
}
