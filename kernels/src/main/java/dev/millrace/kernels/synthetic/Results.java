package dev.millrace.kernels.synthetic;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.Tensor;

/** Reads results back. */
final class Results {
    private Results() {}

    /** The first {@code rows} rows. */
    static float[] floats(Kernels kernels, Tensor out, int rows) {
        float[] values = new float[rows * out.columns()];
        kernels.copyOut(out, values.length, values);
        return values;
    }

    /** The first {@code count} of a vector; whole numbers below 2^24 stay what they are. */
    static float[] vector(Kernels kernels, Tensor out, int count) {
        float[] values = new float[count];
        if (out.dtype() == DType.INT32) {
            int[] numbers = new int[count];
            kernels.copyOut(out, count, numbers);
            for (int i = 0; i < count; i++) {
                values[i] = numbers[i];
            }
        } else {
            kernels.copyOut(out, count, values);
        }
        return values;
    }

    /** A tensor that holds {@code values}. */
    static Tensor tensor(Kernels kernels, DType dtype, int rows, int columns, float[] values) {
        Tensor tensor = kernels.allocate(dtype, rows, columns, "synthetic");
        kernels.copyIn(values, values.length, tensor);
        return tensor;
    }
}
