package dev.millrace.kernels.cuda;

/**
 * Threads of a block that works on one row. They depend on the row's length only, because the order of additions depends on them.
 */
final class RowThreads {
    private static final int WARP = 32;

    private RowThreads() {}

    /** Whole warps, {@code perThread} elements a thread, at most {@code most} threads. */
    static int of(int columns, int perThread, int most) {
        int threads = (columns + perThread - 1) / perThread;
        return Math.min(most, Math.max(WARP, (threads + WARP - 1) / WARP * WARP));
    }

    /** For passes over a row of logits. */
    static int ofLogits(int columns) {
        return of(columns, 8, 1024);
    }
}
