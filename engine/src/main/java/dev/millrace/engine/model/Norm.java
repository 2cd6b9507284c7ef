package dev.millrace.engine.model;

import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.Tensor;

/** How a block reads the residual stream. */
sealed interface Norm {

    /** Writes {@code out} A [rows, E] from {@code residual} F32. */
    void read(Kernels kernels, Tensor out, Tensor residual, int rows);

    /** Adds {@code delta} A to {@code residual} in place, then as {@link #read}. */
    void addAndRead(Kernels kernels, Tensor out, Tensor residual, Tensor delta, int rows);

    /** RMSNorm; weight F32 [1, E]. */
    record Rms(Tensor weight, float epsilon) implements Norm {
        @Override
        public void read(Kernels kernels, Tensor out, Tensor residual, int rows) {
            kernels.rmsNorm(out, residual, weight, epsilon, rows);
        }

        @Override
        public void addAndRead(
                Kernels kernels, Tensor out, Tensor residual, Tensor delta, int rows) {
            kernels.addRmsNorm(out, residual, delta, weight, epsilon, rows);
        }
    }

    /** LayerNorm; weight F32 [1, E], bias F32 [1, E] or null. */
    record Layer(Tensor weight, Tensor bias, float epsilon) implements Norm {
        @Override
        public void read(Kernels kernels, Tensor out, Tensor residual, int rows) {
            kernels.layerNorm(out, residual, weight, bias, epsilon, rows);
        }

        @Override
        public void addAndRead(
                Kernels kernels, Tensor out, Tensor residual, Tensor delta, int rows) {
            kernels.addLayerNorm(out, residual, delta, weight, bias, epsilon, rows);
        }
    }

    /** The stream as it is. */
    record None() implements Norm {
        @Override
        public void read(Kernels kernels, Tensor out, Tensor residual, int rows) {
            kernels.add(out, residual, null, rows);
        }

        @Override
        public void addAndRead(
                Kernels kernels, Tensor out, Tensor residual, Tensor delta, int rows) {
            kernels.add(out, residual, delta, rows);
        }
    }
}
