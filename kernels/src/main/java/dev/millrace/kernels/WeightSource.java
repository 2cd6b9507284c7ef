package dev.millrace.kernels;

import java.nio.ByteBuffer;

/**
 * A weight matrix as its checkpoint stores it, readable in slices of rows, so that packing needs memory for a slice only.
 *
 * <p>Thread-safety: {@link #readRows} may be called from several threads at once.
 */
public interface WeightSource {

    /** How the rows are stored. */
    WeightFormat format();

    /** Rows: outputs of the matrix. */
    int n();

    /** Columns: inputs of the matrix. */
    int k();

    /**
     * Appends rows {@code [firstRow, firstRow + numRows)} to {@code target} in the stored form, little-endian, {@code
     * numRows · format().rowBytes(k())} bytes.
     */
    void readRows(int firstRow, int numRows, ByteBuffer target);
}
