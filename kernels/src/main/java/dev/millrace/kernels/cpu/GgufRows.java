package dev.millrace.kernels.cpu;

import dev.millrace.kernels.GgufBlock;
import dev.millrace.kernels.WeightFormat;
import dev.millrace.kernels.WeightSource;
import java.nio.ByteBuffer;

/** GGUF blocks as codes with a float32 scale and offset for each 32 inputs, or 16. */
record GgufRows(WeightSource source) implements CodedRows {

    private WeightFormat format() {
        return source.format();
    }

    @Override
    public CodedPanel.Code code() {
        return GgufBlock.bits(format()) == 4 ? CodedPanel.Code.INT4 : CodedPanel.Code.INT8;
    }

    @Override
    public int n() {
        return source.n();
    }

    @Override
    public int k() {
        return source.k();
    }

    @Override
    public int groupSize() {
        return GgufBlock.groupSize(format());
    }

    @Override
    public long rowBytes() {
        return format().rowBytes(source.k());
    }

    @Override
    public void readRows(int firstRow, int numRows, ByteBuffer target) {
        source.readRows(firstRow, numRows, target);
    }

    @Override
    public int bits(ByteBuffer stored, int from, int i) {
        return GgufBlock.bits(format(), stored, from, i);
    }

    @Override
    public float scale(ByteBuffer stored, int from, int row, int group) {
        return GgufBlock.scale(format(), stored, from, group * groupSize());
    }

    @Override
    public float offset(ByteBuffer stored, int from, int row, int group) {
        return GgufBlock.offset(format(), stored, from, group * groupSize());
    }
}
