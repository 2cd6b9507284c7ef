package dev.millrace.kernels.cpu;

import java.nio.ByteBuffer;

/** Rows of codes with float32 scales, as {@link CodedPacker} reads them from stored bytes. */
interface CodedRows {

    CodedPanel.Code code();

    int n();

    int k();

    /** Inputs that share a scale, a multiple of 4. */
    int groupSize();

    /** Bytes of a stored row. */
    long rowBytes();

    /** As {@code WeightSource.readRows}. */
    void readRows(int firstRow, int numRows, ByteBuffer target);

    /** The code of input {@code i} of the row stored at {@code from}. */
    int bits(ByteBuffer stored, int from, int i);

    /** The scale of group {@code group} of row {@code row}, stored at {@code from}. */
    float scale(ByteBuffer stored, int from, int row, int group);

    /** What is added to scale times code. */
    float offset(ByteBuffer stored, int from, int row, int group);
}
