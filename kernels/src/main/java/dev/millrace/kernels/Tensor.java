package dev.millrace.kernels;

import java.util.Objects;

/**
 * A view of {@code rows × columns} elements in a buffer, row-major with a stride; it never owns memory.
 *
 * <p>Tensors are made once, at their largest size; operations take the number of rows in use beside them, so that a
 * step allocates nothing.
 *
 * @param dtype element type, the buffer's
 * @param rows most rows it may hold
 * @param columns elements of a row
 * @param rowStride elements from one row to the next, at least {@code columns}
 * @param buffer memory seen through this view
 * @param offset index of the first element in the buffer
 * @param scales F32 [1, rows] or longer: a row's elements times its scale are its values; null for 1
 */
public record Tensor(
        DType dtype,
        int rows,
        int columns,
        int rowStride,
        Buffer buffer,
        long offset,
        Tensor scales) {

    public Tensor {
        Objects.requireNonNull(dtype);
        Objects.requireNonNull(buffer);
        if (rows < 0 || columns < 0 || rowStride < columns || offset < 0) {
            throw new IllegalArgumentException(
                    "no such view: rows %d, columns %d, rowStride %d, offset %d"
                            .formatted(rows, columns, rowStride, offset));
        }
        if (dtype != buffer.dtype()) {
            throw new IllegalArgumentException(
                    "view of %s over a buffer of %s".formatted(dtype, buffer.dtype()));
        }
        long end = rows == 0 ? offset : offset + (long) (rows - 1) * rowStride + columns;
        if (end > buffer.length()) {
            throw new IllegalArgumentException(
                    "view ends at %d in a buffer of %d".formatted(end, buffer.length()));
        }
    }

    /** A view without scales. */
    public Tensor(DType dtype, int rows, int columns, int rowStride, Buffer buffer, long offset) {
        this(dtype, rows, columns, rowStride, buffer, offset, null);
    }

    /** This view with a scale for each row. */
    public Tensor withScales(Tensor newScales) {
        return new Tensor(dtype, rows, columns, rowStride, buffer, offset, newScales);
    }

    /** The columns {@code [from, to)} of every row. */
    public Tensor columns(int from, int to) {
        Objects.checkFromToIndex(from, to, columns);
        return new Tensor(dtype, rows, to - from, rowStride, buffer, offset + from, scales);
    }

    /** The rows {@code [from, to)}, without scales. */
    public Tensor rows(int from, int to) {
        Objects.checkFromToIndex(from, to, rows);
        long first = offset + (long) from * rowStride;
        return new Tensor(dtype, to - from, columns, rowStride, buffer, first);
    }

    /** The memory of this view on the CPU backend. */
    HostBuffer host() {
        return (HostBuffer) buffer;
    }

    /** Device address of the first element on the CUDA backend. */
    public long address() {
        return ((DeviceBuffer) buffer).address() + offset * dtype.sizeBytes();
    }
}
