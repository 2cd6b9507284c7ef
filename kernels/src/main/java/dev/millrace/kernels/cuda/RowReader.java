package dev.millrace.kernels.cuda;

import java.nio.ByteBuffer;

/** Reads rows {@code [firstRow, firstRow + numRows)} of a matrix. */
interface RowReader {
    void readRows(int firstRow, int numRows, ByteBuffer target);
}
