package dev.millrace.kernels.cuda;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.DeviceBuffer;
import jcuda.driver.JCudaDriver;

/** How fast the driver itself copies inside of the device: the ceiling of what memory gives. */
final class CopyRate {
    private static final int COPIES = 10;
    private static final int ROUNDS = 3;

    private CopyRate() {}

    /** Bytes read and written in a second, the best of a few rounds over {@code bytes}. */
    static double measure(CudaRuntime runtime, CudaStream stream, long bytes) {
        DeviceMemory memory = runtime.ops().memory();
        DeviceBuffer from = memory.allocate(DType.INT8, bytes, "copies");
        DeviceBuffer to = memory.allocate(DType.INT8, bytes, "copies");
        double best = 0;
        for (int round = 0; round < ROUNDS; round++) {
            double milliseconds = runtime.time(() -> copy(stream, from, to)).milliseconds();
            best = Math.max(best, 2.0 * COPIES * bytes / (milliseconds * 1e-3));
        }
        memory.buffers().release(from, "copies");
        memory.buffers().release(to, "copies");
        return best;
    }

    private static void copy(CudaStream stream, DeviceBuffer from, DeviceBuffer to) {
        for (int i = 0; i < COPIES; i++) {
            CudaResult.check(
                    JCudaDriver.cuMemcpyDtoDAsync(
                            new DevicePointer(to.address()),
                            new DevicePointer(from.address()),
                            from.sizeBytes(),
                            stream.handle()),
                    "cuMemcpyDtoDAsync");
        }
    }
}
