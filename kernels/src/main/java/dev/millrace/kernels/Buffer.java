package dev.millrace.kernels;

/**
 * A piece of memory of one device, owned by the {@link BufferPool} that made it.
 *
 * <p>Thread-safety: the handle is immutable; who may touch the contents is decided by the owner of the kernels.
 */
public sealed interface Buffer permits HostBuffer, DeviceBuffer {

    /** Type of the elements. */
    DType dtype();

    /** Number of elements. */
    long length();

    /** Size in bytes. */
    default long sizeBytes() {
        return length() * dtype().sizeBytes();
    }
}
