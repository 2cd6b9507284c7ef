package dev.millrace.kernels.cuda;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUuuid;
import jcuda.driver.JCudaDriver;

/**
 * What the driver tells of one device, for reports.
 *
 * @param name the maker's name of it
 * @param computeCapability as it is written: 9.0
 * @param real whether it is a GPU; false for the emulator of the tests, whose times are no GPU's
 * @param driverVersion version of the driver; empty where the system does not tell
 * @param cudaVersion newest CUDA that the driver knows: 13.0
 * @param multiprocessors SMs
 * @param memoryBytes all there is
 * @param l2Bytes second-level cache
 * @param clockMegahertz highest clock of the multiprocessors
 * @param memoryClockMegahertz highest clock of the memory
 * @param memoryBusBits width of the memory's bus
 * @param pciBusId place in the machine
 * @param uuid its number, in hex
 */
public record DeviceFacts(
        String name,
        String computeCapability,
        boolean real,
        String driverVersion,
        String cudaVersion,
        int multiprocessors,
        long memoryBytes,
        long l2Bytes,
        int clockMegahertz,
        int memoryClockMegahertz,
        int memoryBusBits,
        String pciBusId,
        String uuid) {
    private static final int MAX_BUS_ID = 32;
    private static final int KILOHERTZ = 1000;

    /** The emulator gives its devices numbers that begin with this. */
    private static final String EMULATED = "millrace-emu";

    private static final Path VERSION_FILE = Path.of("/proc/driver/nvidia/version");
    private static final Pattern VERSION = Pattern.compile("\\b(\\d{3,}\\.\\d+(\\.\\d+)?)\\b");

    /**
     * The facts of the device that {@code device} names: {@code cuda} or {@code cuda:N}.
     *
     * @throws dev.millrace.kernels.KernelException if it cannot be used
     */
    public static DeviceFacts of(String device) {
        CudaDriver.load();
        CudaDevice chosen = DeviceChoice.choose(device);
        CUdevice handle = CudaDevice.handle(chosen.ordinal());
        byte[] uuid = uuid(handle);
        return new DeviceFacts(
                chosen.name(),
                chosen.architecture(),
                !new String(uuid, StandardCharsets.ISO_8859_1).startsWith(EMULATED),
                installedDriver(),
                cudaOfDriver(),
                chosen.numMultiprocessors(),
                chosen.totalBytes(),
                attribute(handle, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE),
                attribute(handle, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_CLOCK_RATE) / KILOHERTZ,
                attribute(handle, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE)
                        / KILOHERTZ,
                attribute(handle, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH),
                busId(handle),
                HexFormat.of().formatHex(uuid));
    }

    private static int attribute(CUdevice device, int attribute) {
        int[] value = new int[1];
        CudaResult.check(
                JCudaDriver.cuDeviceGetAttribute(value, attribute, device), "cuDeviceGetAttribute");
        return value[0];
    }

    private static byte[] uuid(CUdevice device) {
        CUuuid uuid = new CUuuid();
        CudaResult.check(JCudaDriver.cuDeviceGetUuid(uuid, device), "cuDeviceGetUuid");
        return uuid.bytes;
    }

    private static String busId(CUdevice device) {
        String[] id = new String[1];
        CudaResult.check(
                JCudaDriver.cuDeviceGetPCIBusId(id, MAX_BUS_ID, device), "cuDeviceGetPCIBusId");
        return id[0];
    }

    private static String cudaOfDriver() {
        int[] version = new int[1];
        CudaResult.check(JCudaDriver.cuDriverGetVersion(version), "cuDriverGetVersion");
        return version[0] / 1000 + "." + version[0] % 1000 / 10;
    }

    /** The driver API tells only the CUDA version. */
    private static String installedDriver() {
        try {
            Matcher matcher = VERSION.matcher(Files.readString(VERSION_FILE));
            return matcher.find() ? matcher.group(1) : "";
        } catch (IOException e) {
            return "";
        }
    }
}
