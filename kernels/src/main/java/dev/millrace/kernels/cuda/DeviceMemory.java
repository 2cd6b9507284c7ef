package dev.millrace.kernels.cuda;

import dev.millrace.kernels.Buffer;
import dev.millrace.kernels.BufferPool;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.DeviceBuffer;
import dev.millrace.kernels.KernelException;
import dev.millrace.kernels.KvCache;
import dev.millrace.kernels.KvShape;
import dev.millrace.kernels.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/**
 * Allocates device memory, one driver allocation for each buffer, so that an overrun meets nobody's memory where the driver or
 * the emulator can see it; {@link BufferPool} accounts for it.
 *
 * <p>Thread-safety: none.
 */
public final class DeviceMemory implements AutoCloseable {
    private final CudaStream stream;
    private final StepGraphs graphs;
    private final BufferPool buffers = new BufferPool(this::free);
    private final Map<Long, DevicePointer> live = new HashMap<>();

    DeviceMemory(CudaStream stream, StepGraphs graphs) {
        this.stream = stream;
        this.graphs = graphs;
    }

    /** The accounts. */
    public BufferPool buffers() {
        return buffers;
    }

    /** A zeroed buffer. */
    public DeviceBuffer allocate(DType dtype, long length, String purpose) {
        long bytes = Math.multiplyExact(length, dtype.sizeBytes());
        DevicePointer pointer = allocateBytes(Math.max(bytes, 1), purpose);
        DeviceBuffer buffer = new DeviceBuffer(dtype, length, pointer.address());
        live.put(buffer.address(), pointer);
        buffers.add(buffer, purpose);
        return buffer;
    }

    /** {@code buffer}, or where it is null or too short a new one in its place: what it held is lost then. */
    DeviceBuffer grown(DeviceBuffer buffer, DType dtype, long length, String purpose) {
        if (buffer != null && buffer.length() >= length) {
            return buffer;
        }
        if (buffer != null) {
            buffers.release(buffer, purpose);
        }
        return allocate(dtype, length, purpose);
    }

    private DevicePointer allocateBytes(long bytes, String purpose) {
        DevicePointer pointer = new DevicePointer();
        int result = JCudaDriver.cuMemAlloc(pointer, bytes);
        if (result == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
            throw outOfMemory(bytes, purpose);
        }
        CudaResult.check(result, "cuMemAlloc of " + bytes);
        CudaResult.check(
                JCudaDriver.cuMemsetD8Async(pointer, (byte) 0, bytes, stream.handle()),
                "cuMemsetD8Async");
        return pointer;
    }

    /**
     * A zeroed tensor of its own memory. Rows of 8-bit and 16-bit elements begin at multiples of 16 bytes, as the kernels copy 16
     * bytes at a time.
     */
    public Tensor allocate(DType dtype, int rows, int columns, String purpose) {
        int together = dtype.sizeBytes() <= 2 ? 16 / dtype.sizeBytes() : 1;
        int stride = (columns + together - 1) / together * together;
        DeviceBuffer buffer = allocate(dtype, (long) rows * stride, purpose);
        return new Tensor(dtype, rows, columns, stride, buffer, 0);
    }

    /** Zeroed keys and values of {@code type}, without scales. */
    public KvCache allocateKvCache(KvShape shape, DType type) {
        long length = (long) shape.numBlocks() * shape.blockElements();
        List<Buffer> keys = new ArrayList<>();
        List<Buffer> values = new ArrayList<>();
        for (int layer = 0; layer < shape.numLayers(); layer++) {
            keys.add(allocate(type, length, KvCache.PURPOSE));
            values.add(allocate(type, length, KvCache.PURPOSE));
        }
        return new KvCache(shape, keys, values);
    }

    private KernelException outOfMemory(long bytes, String purpose) {
        long[] free = new long[1];
        long[] total = new long[1];
        CudaResult.check(JCudaDriver.cuMemGetInfo(free, total), "cuMemGetInfo");
        return CudaResult.outOfMemory(
                (free[0] >> 20) + " MiB free of " + (total[0] >> 20),
                "%d bytes for %s beside %s".formatted(bytes, purpose, buffers.bytesByPurpose()));
    }

    private void free(Buffer buffer) {
        // They may hold its address.
        graphs.clear();
        DevicePointer pointer = live.remove(((DeviceBuffer) buffer).address());
        CudaResult.check(JCudaDriver.cuMemFree(pointer), "cuMemFree");
    }

    @Override
    public void close() {
        live.values().forEach(JCudaDriver::cuMemFree);
        live.clear();
    }
}
