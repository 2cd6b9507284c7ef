package dev.millrace.kernels.cuda;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.WeightFormat;
import java.nio.ByteBuffer;

/**
 * Writes stored rows into a row of tiles as 16-bit elements: as they are when they have that type, else each rounded once.
 *
 * <p>Thread-safety: none.
 */
final class DenseRows {
    private static final int ELEMENTS = WeightTiles.CHUNK_BYTES / Short.BYTES;

    private final WeightFormat format;
    private final Halves type;
    private final int k;
    private final int chunks;
    private final boolean sameType;

    DenseRows(WeightFormat format, DType type, int k) {
        this.format = format;
        this.type = Halves.of(type);
        this.k = k;
        chunks = WeightTiles.alongK((long) k * Short.BYTES) * 8;
        sameType = format.name().equals(type.name());
    }

    /** Writes the row stored at {@code from}, or zeros if that is negative. */
    void put(ByteBuffer stored, int from, ByteBuffer tiles, int row) {
        for (int chunk = 0; chunk < chunks; chunk++) {
            int to = WeightTiles.chunkOffset(row, chunk);
            int first = chunk * ELEMENTS;
            if (from >= 0 && sameType && first + ELEMENTS <= k) {
                int at = from + chunk * WeightTiles.CHUNK_BYTES;
                tiles.putLong(to, stored.getLong(at));
                tiles.putLong(to + Long.BYTES, stored.getLong(at + Long.BYTES));
            } else {
                putElements(stored, from, first, tiles, to);
            }
        }
    }

    private void putElements(ByteBuffer stored, int from, int first, ByteBuffer tiles, int to) {
        for (int e = 0; e < ELEMENTS; e++) {
            boolean exists = from >= 0 && first + e < k;
            tiles.putShort(to + e * Short.BYTES, exists ? element(stored, from, first + e) : 0);
        }
    }

    private short element(ByteBuffer stored, int from, int i) {
        if (sameType) {
            return stored.getShort(from + i * Short.BYTES);
        }
        return type.round(StoredRow.value(format, stored, from, i));
    }
}
