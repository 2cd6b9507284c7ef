package dev.millrace.kernels.cpu;

/**
 * How a product of token rows and weight panels is cut for the threads; cuts never change a result.
 *
 * <p>Thread-safety: set by the owner, then read by all workers.
 */
final class UnitPlan {
    /** Multiply-adds that are worth handing to another thread: some microseconds. */
    private static final long MIN_PART_PRODUCTS = 100_000;

    private int rowsPerBlock;
    private int panelsPerGroup;
    private int numPanels;
    private int groups;
    private int units;
    private int unitsPerPart;

    void set(CpuContext context, int rows, int panels, int k) {
        int rowBlocks = (rows + Scratch.MAX_TILE_ROWS - 1) / Scratch.MAX_TILE_ROWS;
        rowsPerBlock = (rows + rowBlocks - 1) / Math.max(rowBlocks, 1);
        panelsPerGroup = PanelProduct.panelsAtOnce(rowsPerBlock);
        numPanels = panels;
        groups = (panels + panelsPerGroup - 1) / panelsPerGroup;
        units = groups * rowBlocks;
        long unitProducts = (long) rowsPerBlock * panelsPerGroup * context.lanes.panelColumns() * k;
        long fewest = (MIN_PART_PRODUCTS + unitProducts) / Math.max(unitProducts, 1);
        long balanced = units / (context.pool.numThreads() * 8L);
        long perPart = Math.max(Math.max(fewest, balanced), units / WorkerPool.MAX_PARTS + 1L);
        unitsPerPart = (int) Math.min(perPart, Math.max(units, 1));
    }

    int parts() {
        return (units + unitsPerPart - 1) / unitsPerPart;
    }

    int firstUnit(int part) {
        return part * unitsPerPart;
    }

    int endUnit(int part) {
        return Math.min(units, (part + 1) * unitsPerPart);
    }

    int firstRow(int unit) {
        return unit / groups * rowsPerBlock;
    }

    int numRows(int unit, int rows) {
        return Math.min(rowsPerBlock, rows - firstRow(unit));
    }

    int firstPanel(int unit) {
        return unit % groups * panelsPerGroup;
    }

    int numPanels(int unit) {
        return Math.min(panelsPerGroup, numPanels - firstPanel(unit));
    }
}
