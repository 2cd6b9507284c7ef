package dev.millrace.engine.model;

import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.Weight;

/**
 * {@code y = x · Wᵀ + bias}.
 *
 * @param weight [n, k]
 * @param bias F32 [1, n], or null
 */
record LinearLayer(Weight weight, Tensor bias) {

    /** Writes {@code out} [rows, n] from {@code in} [rows, k]. */
    void apply(Kernels kernels, Tensor out, Tensor in, int rows) {
        kernels.linear(out, in, weight, bias, rows);
    }
}
