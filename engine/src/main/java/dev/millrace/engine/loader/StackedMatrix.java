package dev.millrace.engine.loader;

import dev.millrace.kernels.WeightFormat;
import dev.millrace.kernels.WeightSource;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;

/** The rows of several matrices, one matrix after another. */
record StackedMatrix(List<WeightSource> parts, int n) implements WeightSource {

    StackedMatrix {
        parts = List.copyOf(parts);
    }

    @Override
    public WeightFormat format() {
        return parts.get(0).format();
    }

    @Override
    public int k() {
        return parts.get(0).k();
    }

    @Override
    public void readRows(int firstRow, int numRows, ByteBuffer target) {
        Objects.checkFromIndexSize(firstRow, numRows, n);
        int end = firstRow + numRows;
        int start = 0;
        for (WeightSource part : parts) {
            int from = Math.max(firstRow, start);
            int to = Math.min(end, start + part.n());
            if (from < to) {
                part.readRows(from - start, to - from, target);
            }
            start += part.n();
        }
    }
}
