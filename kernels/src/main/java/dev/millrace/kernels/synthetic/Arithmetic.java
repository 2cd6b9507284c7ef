package dev.millrace.kernels.synthetic;

import dev.millrace.kernels.CudaKernels;
import dev.millrace.kernels.DType;

/**
 * What a GPU computes in, which the CPU imitates.
 *
 * @param precision type of activations: BF16 or F16
 * @param e4m3 whether it multiplies E4M3; where not, such weights become {@code precision} and activations stay as they are
 */
public record Arithmetic(DType precision, boolean e4m3) {

    /** That of an opened device. */
    public static Arithmetic of(CudaKernels kernels) {
        return new Arithmetic(kernels.activationType(), kernels.multipliesE4m3());
    }
}
