package dev.millrace.kernels.cuda;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.JCudaDriver;

/**
 * Facts about one device.
 *
 * @param ordinal the driver's number of it
 * @param name the maker's name of it
 * @param computeCapability 90 for 9.0
 * @param numMultiprocessors SMs
 * @param sharedBytesPerBlock most shared memory of one block
 * @param totalBytes memory
 */
public record CudaDevice(
        int ordinal,
        String name,
        int computeCapability,
        int numMultiprocessors,
        int sharedBytesPerBlock,
        long totalBytes) {
    private static final int MAX_NAME = 256;

    /** All devices in the driver's order. */
    static List<CudaDevice> all() {
        int[] count = new int[1];
        CudaResult.check(JCudaDriver.cuDeviceGetCount(count), "cuDeviceGetCount");
        List<CudaDevice> devices = new ArrayList<>();
        for (int ordinal = 0; ordinal < count[0]; ordinal++) {
            devices.add(of(ordinal));
        }
        return devices;
    }

    private static CudaDevice of(int ordinal) {
        CUdevice device = handle(ordinal);
        byte[] name = new byte[MAX_NAME];
        CudaResult.check(JCudaDriver.cuDeviceGetName(name, MAX_NAME, device), "cuDeviceGetName");
        long[] bytes = new long[1];
        CudaResult.check(JCudaDriver.cuDeviceTotalMem(bytes, device), "cuDeviceTotalMem");
        int major =
                attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
        int minor =
                attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
        return new CudaDevice(
                ordinal,
                new String(name, StandardCharsets.UTF_8).replace("\0", "").strip(),
                10 * major + minor,
                attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT),
                attribute(
                        device,
                        CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN),
                bytes[0]);
    }

    static CUdevice handle(int ordinal) {
        CUdevice device = new CUdevice();
        CudaResult.check(JCudaDriver.cuDeviceGet(device, ordinal), "cuDeviceGet");
        return device;
    }

    private static int attribute(CUdevice device, int attribute) {
        int[] value = new int[1];
        CudaResult.check(
                JCudaDriver.cuDeviceGetAttribute(value, attribute, device), "cuDeviceGetAttribute");
        return value[0];
    }

    /** The compute capability as it is written: 9.0. */
    public String architecture() {
        return computeCapability / 10 + "." + computeCapability % 10;
    }

    /** Whether the kernels multiply E4M3 there: those of later architectures are compiled for 8.0. */
    public boolean multipliesE4m3() {
        return computeCapability == 89 || computeCapability == 90;
    }

    @Override
    public String toString() {
        return "cuda:%d (%s, compute capability %s, %d MiB)"
                .formatted(ordinal, name, architecture(), totalBytes >> 20);
    }
}
