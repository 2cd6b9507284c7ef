package dev.millrace.engine.loader;

import dev.millrace.kernels.WeightFormat;
import dev.millrace.kernels.WeightSource;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * Some columns of a matrix of plain numbers in a file, as rows. The matrix is held in memory from the first read on, as
 * every row touches all of it.
 *
 * <p>Thread-safety: as {@link WeightSource}.
 */
final class TransposedMatrix implements WeightSource {
    private final TensorFile file;
    private final long position;
    private final WeightFormat format;
    private final int k;
    private final int columns;
    private final int first;
    private final int step;
    private ByteBuffer stored;

    /** Row {@code j} is column {@code first + j · step} of the matrix [k, columns] at {@code position}. */
    TransposedMatrix(
            TensorFile file,
            long position,
            WeightFormat format,
            int k,
            int columns,
            int first,
            int step) {
        this.file = file;
        this.position = position;
        this.format = format;
        this.k = k;
        this.columns = columns;
        this.first = first;
        this.step = step;
    }

    @Override
    public WeightFormat format() {
        return format;
    }

    @Override
    public int n() {
        return (columns - first + step - 1) / step;
    }

    @Override
    public int k() {
        return k;
    }

    @Override
    public void readRows(int firstRow, int numRows, ByteBuffer target) {
        Objects.checkFromIndexSize(firstRow, numRows, n());
        ByteBuffer matrix = stored();
        int size = format.blockBytes();
        for (int row = firstRow; row < firstRow + numRows; row++) {
            int column = first + row * step;
            for (int i = 0; i < k; i++) {
                int from = (i * columns + column) * size;
                for (int b = 0; b < size; b++) {
                    target.put(matrix.get(from + b));
                }
            }
        }
    }

    private synchronized ByteBuffer stored() {
        if (stored == null) {
            stored = file.read(position, Math.toIntExact(format.rowBytes(columns) * k));
        }
        return stored;
    }
}
