package dev.millrace.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;

/**
 * An F32 tensor in the middle of a larger array of canaries, its rows further apart than they are long; finds writes
 * outside of the rows in use.
 */
final class Guarded {
    private static final float CANARY = -7.75e30f;
    private static final int MARGIN = 37;

    final Tensor tensor;
    private final float[] memory;

    Guarded(int rows, int columns) {
        int stride = columns + 3;
        HostBuffer buffer = HostBuffer.allocate(DType.F32, 2 * MARGIN + rows * stride);
        memory = buffer.floats();
        java.util.Arrays.fill(memory, CANARY);
        tensor = new Tensor(DType.F32, rows, columns, stride, buffer, MARGIN);
    }

    static Guarded of(float[][] values) {
        Guarded guarded = new Guarded(values.length, values[0].length);
        for (int r = 0; r < values.length; r++) {
            System.arraycopy(values[r], 0, guarded.memory, guarded.index(r, 0), values[r].length);
        }
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

    private int index(int row, int column) {
        return MARGIN + row * tensor.rowStride() + column;
    }

    float[] row(int row) {
        float[] values = new float[tensor.columns()];
        System.arraycopy(memory, index(row, 0), values, 0, values.length);
        return values;
    }

    float[][] rows(int count) {
        float[][] values = new float[count][];
        for (int r = 0; r < count; r++) {
            values[r] = row(r);
        }
        return values;
    }

    /** Fails if anything but the first {@code rowsUsed} rows was written. */
    void check(int rowsUsed, String what) {
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
