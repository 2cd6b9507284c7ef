package dev.millrace.kernels.x86;

import dev.millrace.kernels.DeviceBuffer;
import dev.millrace.kernels.cpu.WorkerPool;

/**
 * What every operation shares: the family, the threads and memory.
 *
 * <p>Thread-safety: one operation at a time.
 */
public final class Context implements AutoCloseable {
    /** Elements that are worth handing to another thread, in operations with little arithmetic. */
    private static final int MIN_PART_ELEMENTS = 16_384;

    final Family family;
    final WorkerPool pool;
    final Memory memory = new Memory();
    final Scratch scratch;
    final Call call;
    private DeviceBuffer workspace;

    public Context(Family family, WorkerPool pool) {
        this.family = family;
        this.pool = pool;
        scratch = new Scratch(memory, pool.numThreads());
        call = new Call(family, pool, scratch);
    }

    /** Memory of this backend. */
    public Memory memory() {
        return memory;
    }

    /** The library's memory for the rows of a call, one call at a time; what it held is lost if it grows. */
    long workspace(long bytes) {
        workspace = memory.grown(workspace, bytes);
        return workspace.address();
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

    /** Ends the threads, then frees all memory. */
    @Override
    public void close() {
        pool.close();
        memory.close();
    }
}
