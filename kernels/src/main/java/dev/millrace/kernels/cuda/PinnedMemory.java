package dev.millrace.kernels.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jcuda.Pointer;
import jcuda.driver.JCudaDriver;

/**
 * Page-locked host memory, which the device copies from and to without the host waiting.
 *
 * <p>Thread-safety: none.
 */
final class PinnedMemory implements AutoCloseable {
    private final Address address = new Address();
    private final ByteBuffer buffer;

    PinnedMemory(int bytes) {
        CudaResult.check(
                JCudaDriver.cuMemHostAlloc(address, bytes, JCudaDriver.CU_MEMHOSTALLOC_PORTABLE),
                "cuMemHostAlloc");
        buffer = address.getByteBuffer(0, bytes).order(ByteOrder.nativeOrder());
    }

    /** The memory in the host's byte order. */
    ByteBuffer buffer() {
        return buffer;
    }

    /** Its start as the driver takes it. */
    Pointer pointer() {
        return address;
    }

    /** Its start as a number. */
    long address() {
        return address.value();
    }

    @Override
    public void close() {
        JCudaDriver.cuMemFreeHost(address);
    }

    private static final class Address extends Pointer {
        long value() {
            return getNativePointer();
        }
    }
}
