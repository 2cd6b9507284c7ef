package dev.millrace.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
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

    private static String probe(Map<String, String> environment, List<Path> path, String... devices)
            throws IOException, InterruptedException {
        ForkedJvm.Result result = ForkedJvm.run(DeviceProbe.class, environment, path, devices);
        assertThat(result.exitCode()).as(result.output()).isZero();
        return result.output();
    }

    /** {@code setting} is the emulator's, without its prefix; {@code auto} goes on with the CPU. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "COMPUTE_CAPABILITY=7.5; ARCHITECTURE_TOO_OLD; compute capability 7.5; 8.0 (Ampere) or later; set device = cpu",
                "DRIVER_VERSION=12080; DRIVER_TOO_OLD; a driver for CUDA 12.8; CUDA 13.0 or later; Update the NVIDIA driver",
                "DEVICES=0; NO_DEVICE; no device; at least one; nvidia-smi",
            })
    void whatCannotBeUsedIsRefusedByNameAndPassedOverByAuto(
            String setting, String error, String given, String allowed, String remedy)
            throws IOException, InterruptedException {
        String output = probe(environment(setting), List.of(), "cuda:0", "cuda", "auto");
        for (String device : List.of("cuda:0", "cuda")) {
            assertThat(output)
                    .containsSubsequence(
                            device + ": " + error + "|", given, "expected", allowed, remedy);
        }
        assertThat(output).contains("The model runs on the CPU").contains("auto: opened cpu");
    }

    @Test
    void oneOfSeveralDevicesIsOpenedByItsNumber() throws IOException, InterruptedException {
        assertThat(probe(environment("DEVICES=2"), List.of(), "auto", "cuda:1", "cuda:2"))
                .containsPattern("auto: opened cuda:0 .* 6")
                .contains("cuda:1: opened cuda:1")
                .containsSubsequence(
                        "cuda:2: UNKNOWN_DEVICE|", "cuda:0 to cuda:1", "Name one of these");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "MEMORY=1000000; OUT_OF_MEMORY; enough free memory; gpu-memory-utilization",
                "FAIL=cuStreamCreate:1:999; DEVICE_LOST; CUDA_SUCCESS; Restart the process",
            })
    void whatFailsWhileOpeningIsRefusedByAutoToo(
            String setting, String error, String allowed, String remedy)
            throws IOException, InterruptedException {
        assertThat(probe(environment(setting), List.of(), "auto"))
                .containsSubsequence("auto: " + error + "|", allowed, remedy);
    }

    @Test
    void moreMemoryThanThereIsIsRefusedWithWhatWasNeededAndFree() {
        try (Kernels kernels = Kernels.create(KernelsConfig.cuda())) {
            assertThatThrownBy(() -> kernels.allocate(DType.F32, 100_000, 1_000_000, "weights"))
                    .isInstanceOf(KernelException.class)
                    .hasMessageContainingAll(
                            "MiB free of 81920",
                            "400000000000 bytes for weights",
                            "gpu-memory-utilization, max-num-batched-tokens or max-num-seqs");
            Tensor small = kernels.allocate(DType.INT32, 1, 1, "test");
            kernels.copyIn(new int[] {7}, 1, small);
            int[] back = new int[1];
            kernels.copyOut(small, 1, back);
            assertThat(back[0]).isEqualTo(7);
        }
    }

    @Test
    void aMachineWithoutADriverIsNamed() throws IOException, InterruptedException {
        assumeTrue(!Files.exists(Path.of("/usr/lib/x86_64-linux-gnu/libcuda.so.1")));
        assertThat(probe(Map.of(), List.of(), DeviceProbe.NO_DRIVER, "cuda", "auto"))
                .containsSubsequence("cuda: NO_DRIVER|", "NVIDIA driver of version 580")
                .contains("auto: opened cpu");
    }

    @Test
    void damagedKernelsAreRefused(@TempDir Path folder) throws IOException, InterruptedException {
        Path file = folder.resolve("dev/millrace/kernels/cuda/kernels.fatbin");
        Files.createDirectories(file.getParent());
        Files.writeString(file, "This is no fatbin, whatever its name says.");
        assertThat(probe(Map.of(), List.of(folder), "cuda", "auto"))
                .containsSubsequence("cuda: CORRUPT_KERNELS|", "Fetch the jar again")
                .contains("auto: CORRUPT_KERNELS|");
    }

    /** After an error of the sticky kind every call fails with it, of other users of the device too, and no device is opened. */
    @Test
    void aLostDeviceStaysLost() throws IOException, InterruptedException {
        String output =
                probe(environment("FAIL=cuStreamSynchronize:2:700"), List.of(), "cuda", "cuda");
        assertThat(output)
                .contains("cuda: opened")
                .containsSubsequence("cuda: DEVICE_LOST|", "CUDA_ERROR_ILLEGAL_ADDRESS");
        ForkedJvm.Result lost =
                ForkedJvm.run(
                        LostDeviceProbe.class,
                        environment("FAIL=cuStreamSynchronize:1:700"),
                        List.of());
        assertThat(lost.output())
                .containsSubsequence(
                        "first: DEVICE_LOST",
                        "second: DEVICE_LOST",
                        "neighbour: DEVICE_LOST",
                        "opened anew: DEVICE_LOST");
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
