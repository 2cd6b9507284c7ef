package dev.millrace.kernels.cuda;

/** 64 packed rows of a matrix of integers in groups, as {@link WeightPacker} wants them. Padding rows read as zeros. */
interface GroupRows extends GroupTiles.Quants {

    /** Goes to packed rows {@code [first, first + 64)}. */
    void read(int first);

    /** Scale in the low half, zero point or offset in the high half, of group {@code group} of row {@code row}. */
    int scalePair(int row, int group);
}
