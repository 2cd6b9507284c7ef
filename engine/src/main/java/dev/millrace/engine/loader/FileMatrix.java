package dev.millrace.engine.loader;

import dev.millrace.kernels.WeightFormat;
import dev.millrace.kernels.WeightSource;
import java.nio.ByteBuffer;
import java.util.Objects;

/** A matrix as it lies in a file, rows one after another. */
record FileMatrix(TensorFile file, long position, WeightFormat format, int n, int k)
        implements WeightSource {

    @Override
    public void readRows(int firstRow, int numRows, ByteBuffer target) {
        Objects.checkFromIndexSize(firstRow, numRows, n);
        long rowBytes = format.rowBytes(k);
        file.read(
                position + firstRow * rowBytes,
                target,
                Math.toIntExact(Math.multiplyExact(numRows, rowBytes)));
    }
}
