package dev.millrace.kernels.x86;

import dev.millrace.kernels.PanelWeight;

/**
 * How a product is cut into parts: blocks of rows, each times groups of panels. Cuts never change a result.
 *
 * @param rowsPerBlock rows of a block, with which the panels of a part stay in a core's cache
 * @param panelsPerPart panels of a group
 * @param blocks blocks of rows
 * @param groups groups of panels
 */
record Cut(int rowsPerBlock, int panelsPerPart, int blocks, int groups) {
    /** Rows of a block: with a panel they fill about half of a core's L2 cache. */
    private static final int BLOCK_ROWS = 288;

    private static final int F32_BLOCK_ROWS = 72;

    private static final int SPLIT_BLOCK_ROWS = 128;

    /** Multiply-adds, and bytes of a weight, that are worth handing to another thread: a few microseconds. */
    private static final long MIN_PART_PRODUCTS = 500_000;

    private static final long MIN_PART_BYTES = 40_000;

    /** Parts that a thread gets of a block of rows, so that one that was put aside delays nobody. */
    private static final int PARTS_PER_THREAD = 4;

    static Cut of(
            PanelWeight weight, Preparation preparation, boolean gated, int rows, int threads) {
        int most =
                switch (preparation) {
                    case NONE -> F32_BLOCK_ROWS;
                    case SPLIT -> SPLIT_BLOCK_ROWS;
                    default -> BLOCK_ROWS;
                };
        int blocks = Math.max((rows + most - 1) / most, 1);
        int rowsPerBlock = Math.max((rows + blocks - 1) / blocks, 1);
        int panels = Packer.panels(gated ? weight.n() / 2 : weight.n());
        int perPart = panelsPerPart(weight, gated, panels, rowsPerBlock, threads);
        return new Cut(rowsPerBlock, perPart, blocks, (panels + perPart - 1) / perPart);
    }

    private static int panelsPerPart(
            PanelWeight weight, boolean gated, int panels, int rows, int threads) {
        int together = gated ? 2 : 1;
        long bytes = together * Library.panelBytes(weight.format().ordinal(), weight.k());
        long products = (long) together * rows * Packer.PANEL * weight.k();
        long fewest =
                Math.min(
                        (MIN_PART_BYTES + bytes - 1) / bytes,
                        (MIN_PART_PRODUCTS + products - 1) / products);
        long parts = (long) threads * PARTS_PER_THREAD;
        long balanced = (panels + parts - 1) / parts;
        return (int) Math.min(Math.max(fewest, balanced), panels);
    }
}
