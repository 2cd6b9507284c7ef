package dev.millrace.kernels.x86;

import dev.millrace.kernels.PanelWeight;

/** What a product wants of rows of activations; order and layouts are those of the library's {@code kernels.h}. */
enum Preparation {
    /** Rows as they are. */
    NONE(0),
    /** Bfloat16, padded. */
    BF16(2),
    /** Bytes, with a scale and a sum for each row. */
    INT8(1),
    /** Rotated, then bytes. */
    INT8_ROTATED(1),
    /** Three bfloat16 whose sum is the float32, and the sum of each 32 inputs. */
    SPLIT(2);

    /** Inputs whose sum products of split rows want, and that they take at a time. */
    private static final int SPLIT_BLOCK = 32;

    private static final int LINE_BYTES = 64;

    private static final Preparation[] VALUES = values();

    private final int elementBytes;

    Preparation(int elementBytes) {
        this.elementBytes = elementBytes;
    }

    static Preparation of(Family family, PanelFormat format) {
        return VALUES[Library.preparation(family.ordinal(), format.ordinal())];
    }

    boolean isBytes() {
        return this == INT8 || this == INT8_ROTATED;
    }

    /** Inputs of a row, padded. */
    long depth(PanelWeight weight) {
        return this == SPLIT
                ? (weight.k() + SPLIT_BLOCK - 1L) / SPLIT_BLOCK * SPLIT_BLOCK
                : Library.panelDepth(weight.format().ordinal(), weight.k());
    }

    /** Elements from row to row. Split rows are an odd number of cache lines apart, so that 32 of them do not fall into few sets. */
    long stride(long depth) {
        return this == SPLIT ? (3 * depth * 2 / LINE_BYTES | 1) * LINE_BYTES / 2 : depth;
    }

    /** Bytes from row to row. */
    long rowBytes(long depth) {
        return stride(depth) * elementBytes;
    }

    /** Sums of a row, of 4 bytes each. */
    long sums(long depth) {
        return this == SPLIT ? depth / SPLIT_BLOCK : 1;
    }
}
