package dev.millrace.kernels.cuda;

import dev.millrace.kernels.DeviceError;
import dev.millrace.kernels.DeviceHealth;
import dev.millrace.kernels.DeviceProblem;
import dev.millrace.kernels.KernelException;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/** Turns results of driver calls into exceptions. */
final class CudaResult {
    private CudaResult() {}

    /** Returns if {@code result} is success; {@code call} names the driver function. */
    static void check(int result, String call) {
        if (result != CUresult.CUDA_SUCCESS) {
            throw failure(result, call);
        }
    }

    private static KernelException failure(int result, String call) {
        String given = call + " failed with " + name(result);
        if (result == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
            return outOfMemory(given, "enough free memory");
        }
        KernelException failure =
                new DeviceProblem(
                                isSticky(result)
                                        ? DeviceError.DEVICE_LOST
                                        : DeviceError.DRIVER_FAILED,
                                "CUDA driver",
                                given,
                                "CUDA_SUCCESS",
                                isSticky(result)
                                        ? "Restart the process: this error cannot be cleared inside of it"
                                        : "See the driver's log (dmesg, nvidia-smi -q)")
                        .exception();
        if (isSticky(result)) {
            DeviceHealth.poison(failure);
        }
        return failure;
    }

    static KernelException outOfMemory(String given, String needed) {
        return new DeviceProblem(
                        DeviceError.OUT_OF_MEMORY,
                        "device memory",
                        given,
                        needed,
                        "Lower gpu-memory-utilization, max-num-batched-tokens or max-num-seqs")
                .exception();
    }

    /** {@code CUDA_ERROR_ILLEGAL_ADDRESS (what the driver says of it)}. */
    static String name(int result) {
        String[] text = new String[1];
        boolean known = JCudaDriver.cuGetErrorString(result, text) == CUresult.CUDA_SUCCESS;
        return CUresult.stringFor(result) + (known && text[0] != null ? " (" + text[0] + ")" : "");
    }

    /**
     * Whether the context is lost: every later call fails alike until the process ends. Source: CUDA driver API, "Data types
     * used by CUDA driver", the results of which it says that the process must be terminated and relaunched.
     */
    static boolean isSticky(int result) {
        return switch (result) {
            case CUresult.CUDA_ERROR_ECC_UNCORRECTABLE,
                    CUresult.CUDA_ERROR_NVLINK_UNCORRECTABLE,
                    CUresult.CUDA_ERROR_ILLEGAL_ADDRESS,
                    CUresult.CUDA_ERROR_LAUNCH_TIMEOUT,
                    CUresult.CUDA_ERROR_CONTEXT_IS_DESTROYED,
                    CUresult.CUDA_ERROR_ASSERT,
                    CUresult.CUDA_ERROR_HARDWARE_STACK_ERROR,
                    CUresult.CUDA_ERROR_ILLEGAL_INSTRUCTION,
                    CUresult.CUDA_ERROR_MISALIGNED_ADDRESS,
                    CUresult.CUDA_ERROR_INVALID_ADDRESS_SPACE,
                    CUresult.CUDA_ERROR_INVALID_PC,
                    CUresult.CUDA_ERROR_LAUNCH_FAILED,
                    CUresult.CUDA_ERROR_EXTERNAL_DEVICE,
                    CUresult.CUDA_ERROR_UNKNOWN ->
                    true;
            default -> false;
        };
    }
}
