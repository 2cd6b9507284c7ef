package dev.millrace.examples;

import dev.millrace.kernels.DeviceError;
import dev.millrace.kernels.DeviceProblem;
import dev.millrace.kernels.KernelException;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.KernelsConfig;

/** Whether a GPU can be used, by opening it as an engine does. */
final class GpuCheck {
    private static final String SUBJECT = "GPU";

    private GpuCheck() {}

    static Finding run() {
        try (Kernels kernels = Kernels.create(KernelsConfig.cuda())) {
            String memory =
                    kernels.deviceBytes()
                            .map(
                                    bytes ->
                                            ", "
                                                    + MachineChecks.gigabytes(bytes.free())
                                                    + " free of "
                                                    + MachineChecks.gigabytes(bytes.total()))
                            .orElse("");
            return Finding.good(SUBJECT, kernels.description() + memory);
        } catch (KernelException e) {
            return e.problem()
                    .map(GpuCheck::finding)
                    .orElseGet(() -> Finding.bad(SUBJECT, e.getMessage(), "See docs/gpu.md"));
        }
    }

    private static Finding finding(DeviceProblem problem) {
        return problem.error() == DeviceError.NO_DRIVER
                ? Finding.absent(SUBJECT, "no CUDA driver: models run on the CPU")
                : Finding.bad(
                        SUBJECT,
                        problem.where()
                                + ": "
                                + problem.given()
                                + "; expected "
                                + problem.allowed(),
                        problem.remedy());
    }
}
