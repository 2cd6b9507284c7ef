package dev.millrace.kernels.x86;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.KernelException;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.cpu.WorkerPool;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One call of an operation: its arguments, word by word in the order of the library's {@code kernels.h}, then its parts on all
 * threads. Set anew by each operation, so that a call allocates nothing.
 *
 * <p>Thread-safety: filled and started by the owner; parts run on the workers.
 */
final class Call implements WorkerPool.Work {
    /** {@code true} binds each worker thread to one processor. */
    static final String PIN_PROPERTY = "millrace.cpu.pin";

    private static final int WORDS = 32;
    private static final boolean PIN = Boolean.getBoolean(PIN_PROPERTY);
    private static final ThreadLocal<Boolean> PINNED = ThreadLocal.withInitial(() -> false);

    final Family family;
    final WorkerPool pool;
    private final ByteBuffer bytes =
            ByteBuffer.allocateDirect(8 * WORDS).order(ByteOrder.nativeOrder());
    private final LongBuffer words = bytes.asLongBuffer();
    private final long address = Library.address(bytes);
    private final Scratch scratch;
    private final AtomicLong refused = new AtomicLong();
    private Operation operation;

    Call(Family family, WorkerPool pool, Scratch scratch) {
        this.family = family;
        this.pool = pool;
        this.scratch = scratch;
    }

    Call start(Operation newOperation) {
        operation = newOperation;
        words.clear();
        return this;
    }

    Call put(long word) {
        words.put(word);
        return this;
    }

    Call put(float value) {
        return put(Float.floatToRawIntBits(value));
    }

    /** Address of the first element and stride of the rows; twice 0 for null. */
    Call put(Tensor tensor) {
        return tensor == null ? put(0).put(0) : put(tensor.address()).put(tensor.rowStride());
    }

    /** Type of its elements. */
    Call putType(Tensor tensor) {
        return put(type(tensor));
    }

    /** The library's number for the type of its elements. */
    static long type(Tensor tensor) {
        return type(tensor.dtype());
    }

    /** The library's number for a type of activations, keys or values. */
    static long type(DType type) {
        return switch (type) {
            case F32 -> 0;
            case BF16 -> 1;
            case INT8 -> 2;
            default -> throw new IllegalArgumentException("the library has no " + type);
        };
    }

    /** Where the words lie. */
    long address() {
        return address;
    }

    /** Runs all parts. */
    void run(int parts) {
        scratch.reserve(Library.scratchBytes(family.ordinal(), operation.ordinal(), address));
        pool.run(parts, this);
        long what = refused.get();
        if (what != 0) {
            refused.set(0);
            throw new KernelException(
                    operation.text
                            + ": "
                            + operation.names
                            + " "
                            + (int) what
                            + " at index "
                            + ((what >>> 32) - 1)
                            + " does not exist");
        }
    }

    @Override
    public void run(int part, int worker) {
        if (PIN && worker > 0 && !PINNED.get()) {
            PINNED.set(Library.pin(worker));
        }
        long what =
                Library.run(
                        family.ordinal(),
                        operation.ordinal(),
                        address,
                        part,
                        scratch.address(worker));
        if (what != 0) {
            refused.compareAndSet(0, what);
        }
    }
}
