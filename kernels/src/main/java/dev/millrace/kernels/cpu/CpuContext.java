package dev.millrace.kernels.cpu;

/**
 * What every operation shares: the loops, the threads and their memory.
 *
 * <p>Thread-safety: one operation at a time.
 */
public final class CpuContext {
    /** Elements that are worth handing to another thread, in operations with little arithmetic. */
    private static final int MIN_PART_ELEMENTS = 16_384;

    final Lanes lanes;
    final WorkerPool pool;
    final Scratch[] scratch;

    public CpuContext(Lanes lanes, WorkerPool pool) {
        this.lanes = lanes;
        this.pool = pool;
        this.scratch = Scratch.forWorkers(pool.numThreads(), lanes);
    }

    /** How many of {@code rows} rows make a part. */
    int rowsPerPart(int rows, int elementsPerRow) {
        int fewest = (MIN_PART_ELEMENTS + elementsPerRow - 1) / Math.max(elementsPerRow, 1);
        int balanced = rows / (pool.numThreads() * 4);
        return Math.max(Math.max(fewest, balanced), 1);
    }

    static int parts(int rows, int rowsPerPart) {
        return (rows + rowsPerPart - 1) / rowsPerPart;
    }
}
