package dev.millrace.kernels.x86;

import dev.millrace.kernels.Buffer;
import dev.millrace.kernels.BufferPool;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.DeviceBuffer;
import dev.millrace.kernels.DeviceError;
import dev.millrace.kernels.DeviceProblem;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Memory of the process outside of the Java heap, zeroed; large pieces count only once they are written.
 *
 * <p>Thread-safety: all methods may be called from any thread.
 */
public final class Memory implements AutoCloseable {
    private final Map<Long, Long> bytesByAddress = new ConcurrentHashMap<>();
    private final Arena arena = new Arena();
    private final BufferPool buffers = new BufferPool(this::free);

    /** The accounts. */
    public BufferPool buffers() {
        return buffers;
    }

    /** A buffer of {@code length} elements. */
    public DeviceBuffer allocate(DType dtype, long length, String purpose) {
        long bytes = Math.multiplyExact(length, (long) dtype.sizeBytes());
        DeviceBuffer buffer = buffer(dtype, length, Library.allocate(bytes), purpose);
        bytesByAddress.put(buffer.address(), bytes);
        return buffer;
    }

    /** {@code workspace}, or where it is null or too short a new one in its place: what it held is lost then. */
    DeviceBuffer grown(DeviceBuffer workspace, long bytes) {
        if (workspace != null && workspace.length() >= bytes) {
            return workspace;
        }
        if (workspace != null) {
            buffers.release(workspace, "workspace");
        }
        return allocate(DType.INT8, bytes, "workspace");
    }

    /** A buffer of {@code length} elements that stays until all memory is freed. */
    DeviceBuffer allocateWeights(DType dtype, long length) {
        long bytes = Math.multiplyExact(length, (long) dtype.sizeBytes());
        return buffer(dtype, length, arena.take(bytes), "weights");
    }

    private DeviceBuffer buffer(DType dtype, long length, long address, String purpose) {
        if (address == 0) {
            throw new DeviceProblem(
                            DeviceError.OUT_OF_MEMORY,
                            "memory of the CPU for " + purpose,
                            length * dtype.sizeBytes() + " bytes, which the system does not give",
                            "as much as is free",
                            "Lower kv-cache-memory, or use a smaller or quantised model")
                    .exception();
        }
        DeviceBuffer buffer = new DeviceBuffer(dtype, length, address);
        buffers.add(buffer, purpose);
        return buffer;
    }

    private void free(Buffer buffer) {
        free(((DeviceBuffer) buffer).address());
    }

    private void free(long address) {
        Long bytes = bytesByAddress.remove(address);
        if (bytes != null) {
            Library.free(address, bytes);
        }
    }

    /** Frees everything. */
    @Override
    public void close() {
        bytesByAddress.keySet().forEach(this::free);
        arena.close();
    }
}
