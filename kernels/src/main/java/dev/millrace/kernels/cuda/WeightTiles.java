package dev.millrace.kernels.cuda;

/**
 * How a weight lies in device memory: tiles of 64 rows by 128 bytes of k, 8 KiB each, in the order of rows, then k. Inside a
 * tile, chunk {@code c} of 16 bytes of row {@code r} is at place {@code c ^ (r & 7)} of that row. Rows and columns outside of
 * the matrix are zeros. The kernels' half of it is {@code weight_tiles.cuh}.
 *
 * <p>A gate/up weight has its rows in turns of 8: gates 0 to 7, ups 0 to 7, gates 8 to 15 and so on, so that one thread of the
 * gated product holds both of an output.
 */
final class WeightTiles {
    static final int ROWS = 64;
    static final int ROW_BYTES = 128;
    static final int CHUNK_BYTES = 16;
    static final int TILE_BYTES = ROWS * ROW_BYTES;

    /** Rows of gates, then as many of ups. */
    private static final int TURN = 8;

    private WeightTiles() {}

    /** Tiles that hold {@code bytes} bytes of each row. */
    static int alongK(long bytes) {
        return Math.toIntExact((bytes + ROW_BYTES - 1) / ROW_BYTES);
    }

    /** Rows of tiles. */
    static int alongN(int rows) {
        return (rows + ROWS - 1) / ROWS;
    }

    /** Offset in a row of tiles of the 16-byte chunk {@code chunk}, counted over all of k, of its row {@code row}. */
    static int chunkOffset(int row, int chunk) {
        return chunk / 8 * TILE_BYTES + row * ROW_BYTES + (chunk % 8 ^ row % 8) * CHUNK_BYTES;
    }

    /** Rows of a packed matrix: the source's, or gates and ups in turns, each filled up to whole turns. */
    static int packedRows(int n, boolean gateUp) {
        return gateUp ? (n / 2 + TURN - 1) / TURN * TURN * 2 : n;
    }

    /** Row of the source that packed row {@code row} holds, or -1 for padding. */
    static int sourceRow(int row, int n, boolean gateUp) {
        if (!gateUp) {
            return row < n ? row : -1;
        }
        int gate = row / (2 * TURN) * TURN + row % TURN;
        if (gate >= n / 2) {
            return -1;
        }
        return row / TURN % 2 == 0 ? gate : n / 2 + gate;
    }
}
