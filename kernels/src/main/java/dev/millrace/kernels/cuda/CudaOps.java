package dev.millrace.kernels.cuda;

import dev.millrace.kernels.DType;

/**
 * What every class of operations works with.
 *
 * @param device facts that launch geometry may depend on; never the order of additions
 * @param launcher launches kernels
 * @param memory for scratch, allocated when the class is made
 * @param uploads host data to the device
 * @param activationType BF16 or F16
 * @param quantizesActivations whether weights of bytes are multiplied by activations of bytes
 */
public record CudaOps(
        CudaDevice device,
        Launcher launcher,
        DeviceMemory memory,
        Uploads uploads,
        DType activationType,
        boolean quantizesActivations) {}
