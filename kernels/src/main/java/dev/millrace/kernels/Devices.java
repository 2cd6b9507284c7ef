package dev.millrace.kernels;

import dev.millrace.kernels.cuda.CudaRuntime;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens devices by name. */
final class Devices {
    private static final Logger LOG = LoggerFactory.getLogger(Devices.class);

    private Devices() {}

    static Kernels open(KernelsConfig config) {
        String name = config.device();
        if (name.equals("cpu")) {
            return new CpuKernels(config);
        }
        if (name.equals("auto")) {
            return best(config);
        }
        if (name.equals("cuda") || name.startsWith("cuda:")) {
            return cuda(config);
        }
        throw new DeviceProblem(
                        DeviceError.UNKNOWN_DEVICE,
                        "device",
                        "\"" + name + "\"",
                        "auto, cpu, cuda, or cuda:N with the number of a device",
                        "Name one of these")
                .exception();
    }

    private static Kernels cuda(KernelsConfig config) {
        DeviceHealth.check();
        return new CudaKernels(CudaRuntime.open(config));
    }

    private static Kernels best(KernelsConfig config) {
        try {
            return cuda(config);
        } catch (KernelException e) {
            if (!saysNoUsableGpu(e)) {
                throw e;
            }
            LOG.info("The model runs on the CPU, as no GPU can be used. {}", e.getMessage());
            return new CpuKernels(config);
        }
    }

    private static boolean saysNoUsableGpu(KernelException e) {
        return e.problem().isPresent()
                && switch (e.problem().get().error()) {
                    case NO_DRIVER, DRIVER_TOO_OLD, NO_DEVICE, ARCHITECTURE_TOO_OLD, NO_KERNELS ->
                            true;
                    case UNKNOWN_DEVICE,
                            CORRUPT_KERNELS,
                            UNSUPPORTED_MODEL,
                            OUT_OF_MEMORY,
                            DRIVER_FAILED,
                            DEVICE_LOST ->
                            false;
                };
    }
}
