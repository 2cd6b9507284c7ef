package dev.millrace.kernels.cuda;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.GroupWeight;
import java.nio.ByteBuffer;

/**
 * How integers of 4 or 8 bits lie in device memory: tiles of 64 rows by 64 inputs, in which a lane's share of an operand of the
 * tensor cores is contiguous. {@code group_weight.cuh} describes it; here is the same in the other direction.
 */
final class GroupTiles {
    /** Inputs of a tile. */
    static final int K = 64;

    private static final int FRAGMENTS = 4;
    private static final int LANES = 32;
    private static final int STEPS = 4;
    private static final int WORD_BYTES = 16;

    // Bits of mode in group_weight.cuh.
    private static final int SCALE_BF16 = 1;
    private static final int ZERO_POINTS = 2;

    private GroupTiles() {}

    /** How the kernels are to read the scales. */
    static int mode(GroupWeight weight) {
        return (weight.scaleType() == DType.BF16 ? SCALE_BF16 : 0)
                | (weight.zeroPoints() ? ZERO_POINTS : 0);
    }

    /** Element {@code i} of row {@code row} of a row of tiles. */
    interface Quants {
        int at(int row, int i);
    }

    static int tileBytes(int bits) {
        return WeightTiles.ROWS * K * bits / 8;
    }

    static int alongK(int k) {
        return (k + K - 1) / K;
    }

    /** Row of a tile that is fragment row {@code line + 8 · half} of fragment {@code fragment}. */
    static int row(int fragment, int line, int half, boolean gateUp) {
        int first = 32 * (fragment / 2);
        return gateUp
                ? first + 16 * (line / 4) + 2 * (line % 4) + fragment % 2 + 8 * half
                : first + 4 * line + 2 * (fragment % 2) + half;
    }

    /** Writes tile {@code tile} along k. */
    static void write(Quants quants, int tile, int bits, boolean gateUp, ByteBuffer tiles) {
        int at = tile * tileBytes(bits);
        int perWord = 32 / bits;
        for (int fragment = 0; fragment < FRAGMENTS; fragment++) {
            for (int lane = 0; lane < LANES; lane++) {
                for (int step = 0; step < STEPS; step++) {
                    int to = at + offset(bits, fragment, lane, step);
                    for (int first = 0; first < 8; first += perWord) {
                        int word = 0;
                        for (int e = first; e < first + perWord; e++) {
                            int row = row(fragment, lane / 4, e / 2 % 2, gateUp);
                            int i = tile * K + 16 * step + e / 4 * 8 + lane % 4 * 2 + e % 2;
                            word |= quants.at(row, i) << (e - first) * bits;
                        }
                        tiles.putInt(to + first / perWord * Integer.BYTES, word);
                    }
                }
            }
        }
    }

    private static int offset(int bits, int fragment, int lane, int step) {
        int half = LANES * WORD_BYTES;
        return bits == 4
                ? fragment * half + lane * WORD_BYTES + step * 4
                : (fragment * 2 + step / 2) * half + lane * WORD_BYTES + step % 2 * 8;
    }

    /** Writes the pairs of scales of one row of tiles. */
    static void writeScales(GroupRows rows, int groups, boolean gateUp, ByteBuffer scales) {
        for (int group = 0; group < groups; group++) {
            for (int place = 0; place < WeightTiles.ROWS; place++) {
                int row = row(place / 16, place / 2 % 8, place % 2, gateUp);
                int to = (group * WeightTiles.ROWS + place) * Integer.BYTES;
                scales.putInt(to, rows.scalePair(row, group));
            }
        }
    }
}
