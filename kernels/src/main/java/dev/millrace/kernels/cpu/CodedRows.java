package dev.millrace.kernels.cpu;

import dev.millrace.kernels.QuantizedSource;
import dev.millrace.kernels.WeightSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Rows of codes with float32 scales, read from stored bytes. */
public interface CodedRows {

    /** Rows of GGUF blocks. */
    static CodedRows of(WeightSource blocks) {
        return new GgufRows(blocks);
    }

    /** Rows of a quantised checkpoint. */
    static CodedRows of(QuantizedSource codes) {
        return QuantizedRows.of(codes);
    }

    CodedPanel.Code code();

    int n();

    int k();

    /** Inputs that share a scale, a multiple of 4. */
    int groupSize();

    /** Bytes of a stored row. */
    long rowBytes();

    /** As {@code WeightSource.readRows}. */
    void readRows(int firstRow, int numRows, ByteBuffer target);

    /** Rows by themselves. */
    default ByteBuffer read(int firstRow, int numRows) {
        ByteBuffer stored =
                ByteBuffer.allocate(Math.multiplyExact(numRows, (int) rowBytes()))
                        .order(ByteOrder.LITTLE_ENDIAN);
        readRows(firstRow, numRows, stored);
        return stored;
    }

    /** The code of input {@code i} of the row stored at {@code from}. */
    int bits(ByteBuffer stored, int from, int i);

    /** The scale of group {@code group} of row {@code row}, stored at {@code from}. */
    float scale(ByteBuffer stored, int from, int row, int group);

    /** What is added to scale times code. */
    float offset(ByteBuffer stored, int from, int row, int group);
}
