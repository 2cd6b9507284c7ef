package dev.millrace.kernels.x86;

import dev.millrace.kernels.DeviceBuffer;

/**
 * Working memory of each thread, as large as the largest call needed.
 *
 * <p>Thread-safety: {@link #reserve} between calls only.
 */
final class Scratch {
    private static final long ALIGNMENT = 4096;

    private final Memory memory;
    private final int threads;
    private DeviceBuffer buffer;
    private long bytesPerThread;

    Scratch(Memory memory, int threads) {
        this.memory = memory;
        this.threads = threads;
    }

    /** Makes room for so many bytes a thread; what it held is lost. */
    void reserve(long bytes) {
        if (buffer == null || bytes > bytesPerThread) {
            bytesPerThread = (bytes + ALIGNMENT) / ALIGNMENT * ALIGNMENT;
            buffer = memory.grown(buffer, threads * bytesPerThread);
        }
    }

    /** Where a thread's memory begins. */
    long address(int worker) {
        return buffer.address() + worker * bytesPerThread;
    }
}
