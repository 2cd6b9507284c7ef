package dev.millrace.kernels;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What backends on the CPU have in common: an operation is done when its call returns, so that nothing is waited for, no step runs
 * ahead, and none is recorded.
 *
 * <p>Thread-safety: as {@link Kernels}.
 */
abstract sealed class HostKernels implements Kernels permits CpuKernels, NarrowKernels {
    private final Arguments arguments;
    private boolean closed;

    HostKernels(DType activation) {
        arguments = new Arguments(activation);
    }

    @Override
    public final DType activationType() {
        return arguments.activation();
    }

    @Override
    public final DType kvType() {
        return activationType();
    }

    /** Where there are caches with scales, numbers are rounded to E4M3 but kept as they are without. */
    @Override
    public final DType quantizedKvType() {
        return activationType();
    }

    @Override
    public final Optional<DeviceBytes> deviceBytes() {
        return Optional.empty();
    }

    @Override
    public final KvCache allocateKvCache(KvShape shape, DType type) {
        checkOpen();
        Checks.kvShape(shape);
        checkHeads(shape.headDim());
        Checks.kvType(type, kvTypes(shape.headDim()), shape);
        long length = (long) shape.numBlocks() * shape.storedElements(type);
        List<Buffer> keys = new ArrayList<>();
        List<Buffer> values = new ArrayList<>();
        for (int layer = 0; layer < shape.numLayers(); layer++) {
            keys.add(allocateBuffer(type, length, KvCache.PURPOSE));
            values.add(allocateBuffer(type, length, KvCache.PURPOSE));
        }
        return new KvCache(shape, keys, values);
    }

    /** Zeroed memory of its own. */
    abstract Buffer allocateBuffer(DType type, long length, String purpose);

    @Override
    public final void copyIn(int[] source, int count, Tensor target) {
        copyIn(source, count, target, target.dtype() == DType.INT32);
    }

    @Override
    public final void copyIn(long[] source, int count, Tensor target) {
        copyIn(source, count, target, target.dtype() == DType.INT64);
    }

    @Override
    public final void copyIn(float[] source, int count, Tensor target) {
        copyIn(source, count, target, isFloating(target));
    }

    @Override
    public final void copyOut(Tensor source, int count, int[] target) {
        copyOut(source, count, target, source.dtype() == DType.INT32);
    }

    @Override
    public final void copyOut(Tensor source, int count, float[] target) {
        copyOut(source, count, target, isFloating(source));
    }

    private static boolean isFloating(Tensor tensor) {
        return tensor.dtype() == DType.F32 || tensor.dtype() == DType.BF16;
    }

    private void copyIn(Object source, int count, Tensor target, boolean sameType) {
        checkOpen();
        Checks.copy("copyIn", target, count, sameType);
        copyArrayIn(source, count, target);
    }

    private void copyOut(Tensor source, int count, Object target, boolean sameType) {
        checkOpen();
        Checks.copy("copyOut", source, count, sameType);
        copyArrayOut(source, count, target);
    }

    /** From an array of the tensor's type, or of floats for bfloat16, to the start of the view. */
    abstract void copyArrayIn(Object source, int count, Tensor target);

    /** The other way round. */
    abstract void copyArrayOut(Tensor source, int count, Object target);

    @Override
    public final void copyInTokens(int[] source, int count, Tensor target, Tensor drawn) {
        checkOpen();
        Checks.vector("copyInTokens", "target", target, DType.INT32, count);
        Checks.vector("copyInTokens", "drawn", drawn, DType.INT32, 1);
        copyTokens(source, count, target, drawn);
    }

    abstract void copyTokens(int[] source, int count, Tensor target, Tensor drawn);

    @Override
    public final Readback newReadback(int bytes) {
        checkOpen();
        return new HostReadback(this);
    }

    @Override
    public final int stepsAhead() {
        return 0;
    }

    @Override
    public final void synchronize() {
        checkOpen();
    }

    @Override
    public final int replayRows(int rows) {
        return rows;
    }

    @Override
    public final void replay(int shape, Runnable step) {
        checkOpen();
        step.run();
    }

    /** Checks of an operation's arguments, for a device that is open. */
    final Arguments arguments() {
        checkOpen();
        return arguments;
    }

    final void checkOpen() {
        if (closed) {
            throw new KernelException("the CPU kernels are closed");
        }
    }

    @Override
    public final void close() {
        if (!closed) {
            closed = true;
            release();
        }
    }

    /** Ends the threads and frees memory; called once. */
    abstract void release();
}
