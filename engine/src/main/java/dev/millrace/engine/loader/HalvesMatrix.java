package dev.millrace.engine.loader;

import dev.millrace.kernels.WeightFormat;
import dev.millrace.kernels.WeightSource;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * A query or key projection whose rows are stored in pairs (0, D/2, 1, D/2 + 1, …) within each head of {@code headDim} = D
 * rows, as GGUF's llama architecture does for interleaved rotation; read in plain order, for half rotation.
 */
record HalvesMatrix(WeightSource stored, int headDim) implements WeightSource {

    @Override
    public WeightFormat format() {
        return stored.format();
    }

    @Override
    public int n() {
        return stored.n();
    }

    @Override
    public int k() {
        return stored.k();
    }

    @Override
    public void readRows(int firstRow, int numRows, ByteBuffer target) {
        Objects.checkFromIndexSize(firstRow, numRows, n());
        for (int row = firstRow; row < firstRow + numRows; row++) {
            int inHead = row % headDim;
            stored.readRows(row - inHead + storedRow(inHead, headDim), 1, target);
        }
    }

    /** The same for a bias, which has one element for each row. */
    static float[] reorder(float[] stored, int headDim) {
        float[] plain = new float[stored.length];
        for (int i = 0; i < plain.length; i++) {
            int row = i % headDim;
            plain[i] = stored[i - row + storedRow(row, headDim)];
        }
        return plain;
    }

    private static int storedRow(int row, int headDim) {
        int half = headDim / 2;
        return row < half ? 2 * row : 2 * (row - half) + 1;
    }
}
