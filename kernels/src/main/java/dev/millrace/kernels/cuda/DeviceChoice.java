package dev.millrace.kernels.cuda;

import dev.millrace.kernels.DeviceError;
import dev.millrace.kernels.DeviceProblem;
import dev.millrace.kernels.KernelException;
import java.util.List;

/** Finds the device that a configuration names, or the one with the most free memory. */
final class DeviceChoice {
    /** The oldest architecture that the kernels are compiled for: Ampere. */
    static final int LEAST_COMPUTE_CAPABILITY = 80;

    private static final String ANY = "cuda";
    private static final String PREFIX = "cuda:";

    private DeviceChoice() {}

    /** {@code name} is {@code cuda:N}, or {@code cuda} or {@code auto} for the one with the most free memory. */
    static CudaDevice choose(String name) {
        List<CudaDevice> devices = CudaDevice.all();
        if (devices.isEmpty()) {
            throw CudaDriver.noDevice();
        }
        if (!name.startsWith(PREFIX)) {
            return mostFree(devices);
        }
        CudaDevice device = byOrdinal(name, devices);
        if (device.computeCapability() < LEAST_COMPUTE_CAPABILITY) {
            throw tooOld(device);
        }
        return device;
    }

    private static CudaDevice byOrdinal(String name, List<CudaDevice> devices) {
        for (CudaDevice device : devices) {
            if (name.equals(PREFIX + device.ordinal())) {
                return device;
            }
        }
        String allowed = devices.size() == 1 ? "cuda:0" : "cuda:0 to cuda:" + (devices.size() - 1);
        throw new DeviceProblem(
                        DeviceError.UNKNOWN_DEVICE,
                        "device",
                        name,
                        allowed + ", " + ANY + ", auto or cpu",
                        "Name one of these")
                .exception();
    }

    /** Of devices that are equally free the first. */
    private static CudaDevice mostFree(List<CudaDevice> devices) {
        CudaDevice best = null;
        long mostFree = -1;
        for (CudaDevice device : devices) {
            boolean usable = device.computeCapability() >= LEAST_COMPUTE_CAPABILITY;
            long free = usable && devices.size() > 1 ? freeBytes(device) : 0;
            if (usable && free > mostFree) {
                best = device;
                mostFree = free;
            }
        }
        if (best == null) {
            throw tooOld(devices.get(0));
        }
        return best;
    }

    private static long freeBytes(CudaDevice device) {
        try (CudaContext context = new CudaContext(device)) {
            return context.freeBytes();
        } catch (KernelException e) {
            // In exclusive use of another process, for instance.
            return -1;
        }
    }

    private static KernelException tooOld(CudaDevice device) {
        return new DeviceProblem(
                        DeviceError.ARCHITECTURE_TOO_OLD,
                        "cuda:" + device.ordinal() + " (" + device.name() + ")",
                        "compute capability " + device.architecture(),
                        "8.0 (Ampere) or later",
                        "Use a newer device, or set device = cpu")
                .exception();
    }
}
