package dev.millrace.kernels;

import java.util.Map;
import java.util.TreeMap;

/**
 * Accounts for every buffer of one device by purpose, so that memory can be reported and a leak is seen at once.
 *
 * <p>Thread-safety: all methods may be called from any thread.
 */
public final class BufferPool {
    private final Map<String, Long> bytesByPurpose = new TreeMap<>();

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
        bytesByPurpose.merge(purpose, buffer.sizeBytes(), Long::sum);
        return buffer;
    }

    /** Gives a buffer back. */
    public synchronized void release(Buffer buffer, String purpose) {
        bytesByPurpose.merge(purpose, -buffer.sizeBytes(), Long::sum);
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
