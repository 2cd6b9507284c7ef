package dev.millrace.kernels.cuda;

/**
 * Tile shapes of the matrix products, outputs by tokens, as {@code linear_tile.cuh} has them. The shape changes with the number
 * of tokens and the card; results do not.
 */
enum LinearTile {
    // outputs, tokens, stages of the ring of copies
    N64_M16(64, 16, 8),
    N64_M32(64, 32, 6),
    N64_M64(64, 64, 4),
    N128_M64(128, 64, 4),
    N128_M128(128, 128, 3);

    private static final int THREADS = 128;

    private final int outputs;
    private final int tokens;
    private final int stages;

    LinearTile(int outputs, int tokens, int stages) {
        this.outputs = outputs;
        this.tokens = tokens;
        this.stages = stages;
    }

    /**
     * The largest tile, and so the least traffic, that still gives every multiprocessor a block:
     *
     * <pre>
     * tokens   tile, outputs by tokens
     *   1–16   64 × 16
     *  17–32   64 × 32
     *  33–64   128 × 64 if blocks suffice, else 64 × 64
     *  65–     128 × 128 if blocks suffice, else 128 × 64, else 64 × 64
     * </pre>
     */
    static LinearTile choose(CudaDevice device, int n, int rows) {
        int multiprocessors = device.numMultiprocessors();
        if (rows <= 16) {
            return N64_M16;
        }
        if (rows <= 32) {
            return N64_M32;
        }
        if (rows > 64 && N128_M128.blocks(n, rows) >= multiprocessors) {
            return N128_M128;
        }
        return N128_M64.blocks(n, rows) >= multiprocessors ? N128_M64 : N64_M64;
    }

    /** Launches over {@code n} outputs of {@code rows} tokens. */
    void run(Launcher launch, int n, int rows) {
        int sharedBytes = stages * (outputs + tokens) * WeightTiles.ROW_BYTES;
        launch.run(blocks(n, rows), 1, 1, THREADS, sharedBytes);
    }

    private int blocks(int n, int rows) {
        return Math.multiplyExact(ceilDiv(n, outputs), ceilDiv(rows, tokens));
    }

    /** As in the names of entry points: {@code 64X16}. */
    String suffix() {
        return outputs + "X" + tokens;
    }

    private static int ceilDiv(int a, int b) {
        return (a + b - 1) / b;
    }
}
