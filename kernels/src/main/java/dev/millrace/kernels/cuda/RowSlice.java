package dev.millrace.kernels.cuda;

import dev.millrace.kernels.KernelException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.stream.IntStream;

/**
 * The stored bytes of 64 packed rows: one run of the source's rows, or a run of its gates and a run of its ups.
 *
 * <p>Thread-safety: none.
 */
final class RowSlice {
    /** Rows that are read by one call; the calls run in parallel. */
    private static final int PIECE = 16;

    private final RowReader reader;
    private final int n;
    private final boolean gateUp;
    private final int rowBytes;
    private final ByteBuffer bytes;
    private final int[] offsets = new int[WeightTiles.ROWS];

    RowSlice(RowReader reader, int n, boolean gateUp, long rowBytes) {
        if (rowBytes > (Integer.MAX_VALUE - 8) / WeightTiles.ROWS) {
            throw new KernelException("pack: rows of " + rowBytes + " bytes are too long");
        }
        this.reader = reader;
        this.n = n;
        this.gateUp = gateUp;
        this.rowBytes = (int) rowBytes;
        bytes =
                ByteBuffer.allocate(WeightTiles.ROWS * this.rowBytes)
                        .order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Reads packed rows from {@code first} on. */
    void read(int first) {
        int runs = gateUp ? 2 : 1;
        int all = n / runs;
        int from = first / runs;
        int rows = Math.min(WeightTiles.ROWS / runs, all - from);
        int pieces = (rows + PIECE - 1) / PIECE;
        IntStream.range(0, runs * pieces)
                .parallel()
                .forEach(
                        piece -> {
                            int run = piece / pieces;
                            int start = piece % pieces * PIECE;
                            int count = Math.min(PIECE, rows - start);
                            read(run * all + from + start, count, run * rows + start);
                        });
        for (int row = 0; row < WeightTiles.ROWS; row++) {
            int stored = WeightTiles.sourceRow(first + row, n, gateUp);
            boolean inSecondRun = stored >= all;
            int index = stored - (inSecondRun ? all : 0) - from + (inSecondRun ? rows : 0);
            offsets[row] = stored < 0 ? -1 : index * rowBytes;
        }
    }

    private void read(int firstRow, int count, int place) {
        ByteBuffer piece =
                bytes.slice(place * rowBytes, count * rowBytes).order(ByteOrder.LITTLE_ENDIAN);
        reader.readRows(firstRow, count, piece);
        if (piece.hasRemaining()) {
            throw new KernelException(
                    "pack: %d rows of %d bytes wanted, %d bytes given"
                            .formatted(count, rowBytes, piece.position()));
        }
    }

    /** Where the read rows are. */
    ByteBuffer bytes() {
        return bytes;
    }

    /** Offset of packed row {@code row}, or -1 for padding. */
    int offset(int row) {
        return offsets[row];
    }
}
