package dev.millrace.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Devices that cannot be used, posed by the emulator: each is refused with what to change, or passed over by {@code auto}. */
final class DeviceRefusalTest {

    @BeforeAll
    static void needsTheEmulator() {
        assumeTrue(TestingEmulator.isLoaded(), "no CUDA emulator");
    }

    private static String probe(Map<String, String> environment, List<Path> path, String... args)
            throws IOException, InterruptedException {
        ForkedJvm.Result result = ForkedJvm.run(DeviceProbe.class, environment, path, args);
        assertThat(result.exitCode()).as(result.output()).isZero();
        return result.output();
    }

    /** {@code settings} are the emulator's, joined by {@code &}, without their prefix. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "cuda:0; COMPUTE_CAPABILITY=7.5; ARCHITECTURE_TOO_OLD; compute capability 7.5; 8.0 (Ampere) or later; set device = cpu",
                "cuda; COMPUTE_CAPABILITY=7.0; ARCHITECTURE_TOO_OLD; compute capability 7.0; 8.0 (Ampere) or later; set device = cpu",
                "cuda; DRIVER_VERSION=12080; DRIVER_TOO_OLD; a driver for CUDA 12.8; CUDA 13.0 or later; Update the NVIDIA driver",
                "cuda; DEVICES=0; NO_DEVICE; no device; at least one; nvidia-smi",
                "cuda:2; DEVICES=2; UNKNOWN_DEVICE; cuda:2; cuda:0 to cuda:1; Name one of these",
                "cuda:7; DEVICES=1; UNKNOWN_DEVICE; cuda:7; cuda:0; Name one of these",
                "cuda; MEMORY=1000000; OUT_OF_MEMORY; cuMemAlloc; enough free memory; gpu-memory-utilization",
                "cuda; FAIL=cuStreamCreate:1:999; DEVICE_LOST; CUDA_ERROR_UNKNOWN; CUDA_SUCCESS; Restart the process",
            })
    void isRefusedWithWhatToChange(
            String device,
            String settings,
            String error,
            String given,
            String allowed,
            String remedy)
            throws IOException, InterruptedException {
        String output = probe(environment(settings), List.of(), device);
        assertThat(output).contains(error + "|").contains(given).contains(allowed).contains(remedy);
    }

    @ParameterizedTest
    @CsvSource({"COMPUTE_CAPABILITY=7.5", "DRIVER_VERSION=12080", "DEVICES=0"})
    void isPassedOverByAuto(String settings) throws IOException, InterruptedException {
        assertThat(probe(environment(settings), List.of(), "auto"))
                .contains("opened cpu")
                .contains("The model runs on the CPU");
    }

    @Test
    void autoIsTheGpuWhereOneCanBeUsed() throws IOException, InterruptedException {
        assertThat(probe(Map.of(), List.of(), "auto")).contains("opened cuda:0").contains(" 6");
        assertThat(probe(environment("DEVICES=2"), List.of(), "cuda:1")).contains("opened cuda:1");
    }

    @Test
    void aMachineWithoutADriverIsNamed() throws IOException, InterruptedException {
        assumeTrue(!Files.exists(Path.of("/usr/lib/x86_64-linux-gnu/libcuda.so.1")));
        assertThat(probe(Map.of(), List.of(), "cuda", "no-driver"))
                .contains("NO_DRIVER|")
                .contains("NVIDIA driver of version 580");
        assertThat(probe(Map.of(), List.of(), "auto", "no-driver")).contains("opened cpu");
    }

    @Test
    void damagedKernelsAreRefused(@TempDir Path folder) throws IOException, InterruptedException {
        Path file = folder.resolve("dev/millrace/kernels/cuda/kernels.fatbin");
        Files.createDirectories(file.getParent());
        Files.writeString(file, "This is no fatbin, whatever its name says.");
        assertThat(probe(Map.of(), List.of(folder), "cuda"))
                .contains("CORRUPT_KERNELS|")
                .contains("Fetch the jar again");
        assertThat(probe(Map.of(), List.of(folder), "auto")).contains("CORRUPT_KERNELS|");
    }

    private static Map<String, String> environment(String settings) {
        Map<String, String> environment = new HashMap<>();
        for (String setting : settings.split("&", -1)) {
            String[] parts = setting.split("=", 2);
            environment.put("MILLRACE_EMU_" + parts[0], parts[1]);
        }
        return environment;
    }
}
