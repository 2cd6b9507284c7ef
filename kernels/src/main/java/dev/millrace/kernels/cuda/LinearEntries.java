package dev.millrace.kernels.cuda;

import java.util.EnumMap;
import java.util.Map;

/** The entry points of one operation on one type of element, by tile. */
final class LinearEntries {
    private final Map<LinearTile, EntryPoint> byTile = new EnumMap<>(LinearTile.class);

    /** @param prefix name without the tile, for instance {@code LINEAR_BF16} */
    LinearEntries(String prefix) {
        for (LinearTile tile : LinearTile.values()) {
            byTile.put(tile, EntryPoint.valueOf(prefix + "_" + tile.suffix()));
        }
    }

    EntryPoint of(LinearTile tile) {
        return byTile.get(tile);
    }
}
