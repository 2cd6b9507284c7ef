package dev.millrace.kernels;

import java.util.Objects;

/**
 * Memory of the CPU backend: one Java array of the element type, because that is what the Vector API reads on every
 * JDK from 17 on.
 *
 * <p>Thread-safety: as its array; the backend orders all access.
 */
public final class HostBuffer implements Buffer {
    private final DType dtype;
    private final Object array;
    private final int length;

    private HostBuffer(DType dtype, Object array, int length) {
        this.dtype = dtype;
        this.array = Objects.requireNonNull(array);
        this.length = length;
    }

    /** A zeroed buffer of {@code length} elements. */
    public static HostBuffer allocate(DType dtype, int length) {
        Object array =
                switch (dtype) {
                    case F32 -> new float[length];
                    case INT32 -> new int[length];
                    case INT64 -> new long[length];
                    case INT8 -> new byte[length];
                    case BF16, F16, F8_E4M3 ->
                            throw new KernelException("the CPU backend has no tensors of " + dtype);
                };
        return new HostBuffer(dtype, array, length);
    }

    @Override
    public DType dtype() {
        return dtype;
    }

    @Override
    public long length() {
        return length;
    }

    /** The array, whatever its type. */
    Object array() {
        return array;
    }

    /** The array of an {@link DType#F32} buffer. */
    public float[] floats() {
        return (float[]) array;
    }

    /** The array of an {@link DType#INT8} buffer. */
    public byte[] bytes() {
        return (byte[]) array;
    }

    /** The array of an {@link DType#INT32} buffer. */
    public int[] ints() {
        return (int[]) array;
    }

    /** The array of an {@link DType#INT64} buffer. */
    public long[] longs() {
        return (long[]) array;
    }
}
