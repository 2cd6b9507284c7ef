package dev.millrace.kernels.cuda;

import java.util.List;

/**
 * One matrix product on one kind of weight: its tiles and their entry points.
 *
 * <p>Thread-safety: immutable.
 */
final class LinearEntries {
    private final List<LinearTile> tiles;
    private final EntryPoint[] entries;

    /** @param prefix name without the tile, for instance {@code LINEAR_BF16} */
    LinearEntries(String prefix, List<LinearTile> tiles) {
        this.tiles = tiles;
        entries = new EntryPoint[tiles.size()];
        for (int i = 0; i < entries.length; i++) {
            entries[i] = EntryPoint.valueOf(prefix + "_" + tiles.get(i).suffix());
        }
    }

    List<LinearTile> tiles() {
        return tiles;
    }

    EntryPoint of(LinearTile tile) {
        return entries[tiles.indexOf(tile)];
    }
}
