package dev.millrace.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.kernels.cuda.Halves;
import java.util.Arrays;
import java.util.Random;

/**
 * A tensor in the middle of a larger one of canaries, its rows further apart than they are long; finds writes outside of the rows
 * in use, on any backend.
 *
 * <p>Rows of 16-bit elements begin at multiples of 16 bytes, and rows of F32 too if their length is a multiple of 4, as in what
 * the backends allocate.
 */
final class Guarded {
    /** Exact in every type with a sign bit. */
    private static final float CANARY = -448f;

    private static final int MARGIN = 40;
    private static final CpuKernels HOST =
            new CpuKernels(1, new dev.millrace.kernels.cpu.ScalarLanes());

    final Tensor tensor;
    private final Kernels kernels;
    private final Tensor all;

    /** On the CPU, F32. */
    Guarded(int rows, int columns) {
        this(HOST, DType.F32, rows, columns);
    }

    Guarded(Kernels kernels, DType dtype, int rows, int columns) {
        this.kernels = kernels;
        int stride = stride(dtype, columns);
        all = kernels.allocate(dtype, 1, 2 * MARGIN + rows * stride, "test");
        float[] canaries = new float[all.columns()];
        Arrays.fill(canaries, CANARY);
        kernels.copyIn(canaries, canaries.length, all);
        tensor = new Tensor(dtype, rows, columns, stride, all.buffer(), MARGIN);
    }

    private static int stride(DType dtype, int columns) {
        if (dtype.sizeBytes() == 2) {
            return (columns + 7) / 8 * 8 + 8;
        }
        return columns % 4 == 0 ? columns + 4 : columns + 3;
    }

    /** On the CPU, F32. */
    static Guarded of(float[][] values) {
        return of(HOST, DType.F32, values);
    }

    static Guarded of(Kernels kernels, DType dtype, float[][] values) {
        Guarded guarded = new Guarded(kernels, dtype, values.length, values[0].length);
        float[] flat = new float[values.length * values[0].length];
        for (int r = 0; r < values.length; r++) {
            System.arraycopy(values[r], 0, flat, r * values[r].length, values[r].length);
        }
        kernels.copyIn(flat, flat.length, guarded.tensor);
        return guarded;
    }

    static float[][] random(int rows, int columns, Random random) {
        float[][] values = new float[rows][columns];
        for (float[] row : values) {
            for (int i = 0; i < columns; i++) {
                row[i] = (float) random.nextGaussian();
            }
        }
        return values;
    }

    /** The nearest value of a floating point type. */
    static float round(DType dtype, float value) {
        return dtype == DType.F32 ? value : Halves.of(dtype).widen(Halves.of(dtype).round(value));
    }

    float[] row(int row) {
        return rows(row + 1)[row];
    }

    float[][] rows(int count) {
        float[] memory = memory();
        float[][] values = new float[count][];
        for (int r = 0; r < count; r++) {
            int from = MARGIN + r * tensor.rowStride();
            values[r] = Arrays.copyOfRange(memory, from, from + tensor.columns());
        }
        return values;
    }

    private float[] memory() {
        float[] memory = new float[all.columns()];
        kernels.copyOut(all, memory.length, memory);
        return memory;
    }

    /** Fails if anything but the first {@code rowsUsed} rows was written. */
    void check(int rowsUsed, String what) {
        float[] memory = memory();
        for (int i = 0; i < memory.length; i++) {
            int at = i - MARGIN;
            boolean inRow =
                    at >= 0
                            && at / tensor.rowStride() < rowsUsed
                            && at % tensor.rowStride() < tensor.columns();
            if (!inRow) {
                assertThat(memory[i]).as("%s: canary at element %d", what, at).isEqualTo(CANARY);
            }
        }
    }
}
