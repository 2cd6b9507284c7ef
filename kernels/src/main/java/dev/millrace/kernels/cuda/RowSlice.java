package dev.millrace.kernels.cuda;

import dev.millrace.kernels.KernelException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The stored bytes of 64 packed rows: one run of the source's rows, or a run of its gates and a run of its ups.
 *
 * <p>Thread-safety: none.
 */
final class RowSlice {
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
        bytes.clear();
        int runs = gateUp ? 2 : 1;
        int all = n / runs;
        int from = first / runs;
        int rows = Math.min(WeightTiles.ROWS / runs, all - from);
        for (int run = 0; run < runs; run++) {
            reader.readRows(run * all + from, rows, bytes);
        }
        if (bytes.position() != runs * rows * rowBytes) {
            throw new KernelException(
                    "pack: "
                            + runs * rows
                            + " rows of "
                            + rowBytes
                            + " bytes wanted, "
                            + bytes.position()
                            + " bytes given");
        }
        for (int row = 0; row < WeightTiles.ROWS; row++) {
            int stored = WeightTiles.sourceRow(first + row, n, gateUp);
            boolean inSecondRun = stored >= all;
            int index = stored - (inSecondRun ? all : 0) - from + (inSecondRun ? rows : 0);
            offsets[row] = stored < 0 ? -1 : index * rowBytes;
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
