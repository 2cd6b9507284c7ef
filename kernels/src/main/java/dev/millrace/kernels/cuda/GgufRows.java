package dev.millrace.kernels.cuda;

import dev.millrace.kernels.GgufBlock;
import dev.millrace.kernels.WeightFormat;
import dev.millrace.kernels.WeightSource;

/**
 * GGUF blocks as integers in groups of 32: Q8_0 is {@code d · (q - 128)} with {@code q} 0 to 255, Q4_0 {@code d · (q - 8)}, Q4_1
 * {@code d · q + m}; Q5_0 and Q5_1 likewise with {@code q} 0 to 31.
 *
 * <p>Thread-safety: reading elements from several threads between two calls of {@link #read}.
 */
final class GgufRows implements GroupRows {
    /** 128, 16 and 8 as float16. */
    private static final int ZERO_128 = 0x5800;

    private static final int ZERO_16 = 0x4C00;
    private static final int ZERO_8 = 0x4800;

    private final WeightFormat format;
    private final int k;
    private final RowSlice slice;

    GgufRows(WeightSource source, boolean gateUp) {
        format = source.format();
        k = source.k();
        slice = new RowSlice(source::readRows, source.n(), gateUp, format.rowBytes(k));
    }

    @Override
    public void read(int first) {
        slice.read(first);
    }

    @Override
    public int at(int row, int i) {
        int from = slice.offset(row);
        if (from < 0 || i >= k) {
            return 0;
        }
        return GgufBlock.bits(format, slice.bytes(), from, i);
    }

    @Override
    public int scalePair(int row, int group) {
        int from = slice.offset(row);
        if (from < 0) {
            return 0;
        }
        int block = from + group * format.blockBytes();
        int scale = slice.bytes().getShort(block) & 0xFFFF;
        int second =
                switch (format) {
                    case Q8_0 -> ZERO_128;
                    case Q4_0 -> ZERO_8;
                    case Q5_0 -> ZERO_16;
                    case Q4_1, Q5_1 -> slice.bytes().getShort(block + 2) & 0xFFFF;
                    case F32, F16, BF16, Q4_K, Q5_K, Q6_K ->
                            throw new IllegalArgumentException(format.name());
                };
        return scale | second << 16;
    }
}
