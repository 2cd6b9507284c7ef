package dev.millrace.kernels;

import java.nio.ByteBuffer;

/**
 * A matrix that a quantiser made, readable in slices of rows: one byte an element, scales apart.
 *
 * <p>Thread-safety: {@link #readRows} may be called from several threads at once.
 */
public interface QuantizedSource {

    /** What the bytes mean. */
    Quantization quantization();

    /** Rows: outputs of the matrix. */
    int n();

    /** Columns: inputs of the matrix. */
    int k();

    /** Appends rows {@code [firstRow, firstRow + numRows)} to {@code target}, {@code k()} bytes each. */
    void readRows(int firstRow, int numRows, ByteBuffer target);
}
