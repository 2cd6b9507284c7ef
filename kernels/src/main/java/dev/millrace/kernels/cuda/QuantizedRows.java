package dev.millrace.kernels.cuda;

import dev.millrace.kernels.Quantization;
import dev.millrace.kernels.QuantizedSource;

/**
 * Integers in groups from a quantised checkpoint (GPTQ, AWQ, W8A16).
 *
 * <p>Thread-safety: reading elements from several threads between two calls of {@link #read}.
 */
final class QuantizedRows implements GroupRows {
    private final Quantization.Groups groups;
    private final int n;
    private final int k;
    private final boolean gateUp;
    private final RowSlice slice;
    private int first;

    QuantizedRows(QuantizedSource source, Quantization.Groups groups, boolean gateUp) {
        this.groups = groups;
        n = source.n();
        k = source.k();
        this.gateUp = gateUp;
        slice = new RowSlice(source::readRows, n, gateUp, k);
    }

    @Override
    public void read(int newFirst) {
        first = newFirst;
        slice.read(newFirst);
    }

    @Override
    public int at(int row, int i) {
        int from = slice.offset(row);
        return from < 0 || i >= k ? 0 : slice.bytes().get(from + i) & (1 << groups.bits()) - 1;
    }

    @Override
    public int scalePair(int row, int group) {
        int stored = WeightTiles.sourceRow(first + row, n, gateUp);
        if (stored < 0) {
            return 0;
        }
        int index = stored * ((k + groups.groupSize() - 1) / groups.groupSize()) + group;
        return groups.scales()[index] & 0xFFFF | groups.seconds()[index] << 16;
    }
}
