package dev.millrace.kernels.cuda;

import dev.millrace.kernels.DeviceError;
import dev.millrace.kernels.DeviceProblem;
import dev.millrace.kernels.KernelException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/** Loads and initialises the driver, once in a process. */
final class CudaDriver {
    /** Fatbins of toolkit 13 are understood from the drivers of the 580 line on. */
    static final int LEAST_VERSION = 13_000;

    private static final String LIBRARY = "libcuda.so.1";

    private CudaDriver() {}

    /**
     * Returns when the driver can be called.
     *
     * @throws KernelException if it is not there, too old, or has no device
     */
    static void load() {
        if (Loaded.FAILURE != null) {
            throw noDriver(Loaded.FAILURE);
        }
        int result = JCudaDriver.cuInit(0);
        if (result == CUresult.CUDA_ERROR_NO_DEVICE) {
            throw noDevice();
        }
        CudaResult.check(result, "cuInit");
        int[] version = new int[1];
        CudaResult.check(JCudaDriver.cuDriverGetVersion(version), "cuDriverGetVersion");
        if (version[0] < LEAST_VERSION) {
            throw tooOld(version[0]);
        }
    }

    private static KernelException noDriver(Throwable cause) {
        return new DeviceProblem(
                        DeviceError.NO_DRIVER,
                        "CUDA driver",
                        "no libcuda.so.1 that could be loaded: " + reason(cause),
                        "an NVIDIA driver of version 580 or later",
                        "Install the driver (in a container: run it with the NVIDIA container toolkit), or set device = cpu")
                .exception(cause);
    }

    /** JCuda tells of a missing library in a page of text with stack traces; one line of it says why. */
    private static String reason(Throwable cause) {
        List<String> lines = String.valueOf(cause.getMessage()).lines().toList();
        for (String line : lines) {
            int at = line.indexOf(LIBRARY + ": ");
            if (at >= 0) {
                return line.substring(at);
            }
        }
        return lines.isEmpty() ? "" : lines.get(0);
    }

    static KernelException noDevice() {
        return new DeviceProblem(
                        DeviceError.NO_DEVICE,
                        "CUDA driver",
                        "no device",
                        "at least one",
                        "Check nvidia-smi and CUDA_VISIBLE_DEVICES, or set device = cpu")
                .exception();
    }

    private static KernelException tooOld(int version) {
        return new DeviceProblem(
                        DeviceError.DRIVER_TOO_OLD,
                        "CUDA driver",
                        "a driver for CUDA " + version / 1000 + "." + version % 1000 / 10,
                        "one for CUDA 13.0 or later, which is version 580 or later",
                        "Update the NVIDIA driver, or set device = cpu")
                .exception();
    }

    /** The libraries are loaded when this class is. */
    private static final class Loaded {
        static final Throwable FAILURE = loadNatives();

        /**
         * JCuda unpacks its library to a fixed name in {@code java.io.tmpdir} and takes what lies there, which on a shared machine
         * is anybody's; so for that moment the property names a new folder that only this user can write.
         */
        private static Throwable loadNatives() {
            String property = "java.io.tmpdir";
            String usual = System.getProperty(property);
            Path folder = null;
            try {
                folder = Files.createTempDirectory("millrace-cuda-");
                System.setProperty(property, folder.toString());
                JCudaDriver.setExceptionsEnabled(false);
                return null;
            } catch (IOException e) {
                return new UncheckedIOException(e);
            } catch (LinkageError e) {
                return e;
            } finally {
                System.setProperty(property, usual);
                delete(folder);
            }
        }

        /** A loaded library stays usable when its file is gone. */
        private static void delete(Path folder) {
            if (folder == null) {
                return;
            }
            try (Stream<Path> files = Files.walk(folder)) {
                files.sorted(Comparator.reverseOrder()).forEach(Loaded::deleteOne);
            } catch (IOException e) {
                // Left to whoever cleans the temporary folder.
                folder.toFile().deleteOnExit();
            }
        }

        private static void deleteOne(Path file) {
            if (!file.toFile().delete()) {
                file.toFile().deleteOnExit();
            }
        }
    }
}
