package dev.millrace.kernels;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Accounts for every buffer of one device by purpose, so that memory can be reported and a leak is seen at once.
 *
 * <p>Thread-safety: all methods may be called from any thread.
 */
public final class BufferPool {
    private final Map<String, Long> bytesByPurpose = new TreeMap<>();
    private final Consumer<Buffer> free;

    /** Accounts for memory that the garbage collector frees. */
    public BufferPool() {
        this(buffer -> {});
    }

    /** Accounts for memory that {@code free} gives back. */
    public BufferPool(Consumer<Buffer> free) {
        this.free = free;
    }

    /** Makes a zeroed host buffer; {@code purpose} names it in reports, for instance {@code "weights"}. */
    public synchronized HostBuffer allocateHost(DType dtype, long length, String purpose) {
        if (length < 0 || length > Integer.MAX_VALUE - 8) {
            throw new KernelException(
                    "buffer for "
                            + purpose
                            + " would need "
                            + length
                            + " elements; one array holds 2^31 - 9");
        }
        HostBuffer buffer = HostBuffer.allocate(dtype, (int) length);
        add(buffer, purpose);
        return buffer;
    }

    /** Takes a new buffer into the accounts. */
    public synchronized void add(Buffer buffer, String purpose) {
        bytesByPurpose.merge(purpose, buffer.sizeBytes(), Long::sum);
    }

    /** Gives a buffer back. */
    public synchronized void release(Buffer buffer, String purpose) {
        bytesByPurpose.merge(purpose, -buffer.sizeBytes(), Long::sum);
        free.accept(buffer);
    }

    /** Bytes in use by purpose, sorted by name. */
    public synchronized Map<String, Long> bytesByPurpose() {
        Map<String, Long> inUse = new TreeMap<>(bytesByPurpose);
        inUse.values().removeIf(bytes -> bytes == 0);
        return inUse;
    }

    /** Bytes in use. */
    public synchronized long totalBytes() {
        return bytesByPurpose.values().stream().mapToLong(Long::longValue).sum();
    }
}
