package dev.millrace.kernels.cuda;

import java.util.List;

/**
 * Tile shapes of the matrix products, outputs by tokens, as the kernels have them. The shape changes with the number of tokens
 * and the card; results do not.
 *
 * @param outputs outputs of a block
 * @param tokens tokens of a block
 * @param threads threads of a block
 * @param sharedBytes dynamic shared memory of a block
 */
public record LinearTile(int outputs, int tokens, int threads, int sharedBytes) {
    private static final int THREADS = 128;

    // linear_tile.cuh: outputs, tokens, stages of the ring of copies
    private static final LinearTile N64_M16 = ring(64, 16, 8);
    private static final LinearTile N64_M32 = ring(64, 32, 6);
    private static final LinearTile N64_M64 = ring(64, 64, 4);
    private static final LinearTile N128_M64 = ring(128, 64, 4);
    private static final LinearTile N128_M128 = ring(128, 128, 3);

    /** 16-bit weights, from the largest to the smallest, as all lists here. */
    public static final List<LinearTile> DENSE =
            List.of(N128_M128, N128_M64, N64_M64, N64_M32, N64_M16);

    /** 16-bit weights of experts. */
    public static final List<LinearTile> EXPERTS = List.of(N64_M64, N64_M16);

    public static final List<LinearTile> INT8 = List.of(N128_M128, N64_M64, N64_M16);
    public static final List<LinearTile> E4M3 = List.of(N128_M64, N64_M64, N64_M16);

    // linear_group.cu: bits, outputs, tokens, stages of each warp's ring
    public static final List<LinearTile> GROUPS_OF_4_BITS =
            List.of(group(4, 64, 64, 2), group(4, 32, 16, 6));
    public static final List<LinearTile> GROUPS_OF_8_BITS =
            List.of(group(8, 64, 32, 2), group(8, 32, 16, 5));

    // linear_wgmma.cu: outputs, tokens, stages; blocks of these go on to further tiles
    private static final LinearTile SM90_N64_M16 = persistent(64, 16, 12);
    private static final LinearTile SM90_N64_M64 = persistent(64, 64, 8);
    private static final LinearTile SM90_N128_M128 = persistent(128, 128, 6);
    private static final LinearTile SM90_N128_M256 = persistent(128, 256, 4);

    public static final List<LinearTile> SM90 =
            List.of(SM90_N128_M256, SM90_N128_M128, SM90_N64_M64, SM90_N64_M16);
    public static final List<LinearTile> SM90_E4M3 =
            List.of(SM90_N128_M128, SM90_N64_M64, SM90_N64_M16);

    /** Decides which of some tiles covers {@code [rows, n]}. */
    interface Choice {
        LinearTile of(List<LinearTile> tiles, CudaDevice device, int n, int rows);
    }

    private static LinearTile ring(int outputs, int tokens, int stages) {
        return new LinearTile(
                outputs, tokens, THREADS, stages * (outputs + tokens) * WeightTiles.ROW_BYTES);
    }

    private static LinearTile persistent(int outputs, int tokens, int stages) {
        int ring = stages * (outputs + tokens) * WeightTiles.ROW_BYTES;
        int staging = outputs / 64 * Math.min(tokens, 32) * 68 * Float.BYTES;
        return new LinearTile(outputs, tokens, THREADS * (1 + outputs / 64), ring + staging);
    }

    private static LinearTile group(int bits, int outputs, int tokens, int stages) {
        int input = tokens * WeightTiles.ROW_BYTES;
        int quants = outputs * GroupTiles.K * bits / 8;
        int scales = outputs * Integer.BYTES;
        int ring = stages * (input + quants + 2 * scales);
        int sums = outputs * tokens * Float.BYTES;
        return new LinearTile(outputs, tokens, THREADS, 4 * Math.max(ring, sums));
    }

    /**
     * The largest tile, and so the least traffic, that is not twice as wide as there are tokens and gives three in four
     * multiprocessors a block; else the smallest.
     */
    public static LinearTile choose(List<LinearTile> tiles, CudaDevice device, int n, int rows) {
        for (int i = 0; i < tiles.size(); i++) {
            LinearTile tile = tiles.get(i);
            boolean filled = tile.tokens / 2 < rows;
            if (filled && 4L * tile.blocks(n, rows) >= 3L * device.numMultiprocessors()) {
                return tile;
            }
        }
        return tiles.get(tiles.size() - 1);
    }

    /** Experts with few rows each, on the average, waste less in small tiles. */
    static LinearTile forExperts(int rowsPerExpert) {
        return rowsPerExpert > N64_M16.tokens ? N64_M64 : N64_M16;
    }

    /** Launches as many blocks as {@code rows} rows can need, however they are shared out: each expert may begin a tile. */
    void runForExperts(Launcher launch, int n, int rows, int numExperts) {
        long tiles = Math.min(rows, rows / tokens + (long) numExperts);
        int blocks = Math.toIntExact(Math.multiplyExact(tiles, (n + outputs - 1) / outputs));
        launch.run(blocks, 1, 1, threads, sharedBytes);
    }

    /** Launches a block for each tile of {@code [rows, n]}. */
    void run(Launcher launch, int n, int rows) {
        launch.run(blocks(n, rows), 1, 1, threads, sharedBytes);
    }

    /** Launches at most a block for each multiprocessor. */
    void runPersistent(Launcher launch, CudaDevice device, int n, int rows) {
        int blocks = Math.min(blocks(n, rows), device.numMultiprocessors());
        launch.run(blocks, 1, 1, threads, sharedBytes);
    }

    /** Tiles that cover {@code [rows, n]}. */
    public int blocks(int n, int rows) {
        return Math.multiplyExact(
                (n + outputs - 1) / outputs, (int) (((long) rows + tokens - 1) / tokens));
    }

    /** As in the names of entry points: {@code 64X16}. */
    public String suffix() {
        return outputs + "X" + tokens;
    }
}
