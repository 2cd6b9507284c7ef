package dev.millrace.kernels.cuda;

import dev.millrace.kernels.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.JCudaDriver;

/**
 * Launches kernels: {@code launcher.begin(ENTRY).address(a).int32(n).run(grid, block)}, arguments in the kernel's order.
 *
 * <p>The argument list that the driver reads, {@code void*[]} and what it points to, lies in one piece of native memory that is
 * written in place: nothing is allocated, and a launch costs a fifteenth of one through JCuda's own pointers to arrays.
 *
 * <p>Thread-safety: none.
 */
public final class Launcher implements AutoCloseable {
    private static final int MAX_PARAMETERS = 32;
    private static final int VALUES = MAX_PARAMETERS * Long.BYTES;

    /** Shared memory of a block that needs no permission. Source: CUDA programming guide, "Shared memory". */
    private static final int DEFAULT_SHARED_BYTES = 48 << 10;

    private final CudaModule module;
    private final CudaStream stream;
    private final PinnedMemory memory = new PinnedMemory(2 * VALUES);
    private final ByteBuffer arguments = memory.buffer().order(ByteOrder.nativeOrder());
    private final int[] allowedSharedBytes = new int[EntryPoint.values().length];
    private EntryPoint entry;
    private int count;
    private long launches;
    private LaunchTrace trace;

    Launcher(CudaModule module, CudaStream stream) {
        this.module = module;
        this.stream = stream;
        for (int i = 0; i < MAX_PARAMETERS; i++) {
            arguments.putLong(i * Long.BYTES, memory.address() + VALUES + i * Long.BYTES);
        }
    }

    /** Starts the argument list of a launch. */
    Launcher begin(EntryPoint newEntry) {
        entry = newEntry;
        count = 0;
        return this;
    }

    /** Address of the tensor's first element; 0 for null. */
    Launcher tensor(Tensor tensor) {
        return address(tensor == null ? 0 : tensor.address());
    }

    Launcher address(long address) {
        arguments.putLong(next(Parameter.ADDRESS), address);
        return this;
    }

    Launcher int32(int value) {
        arguments.putInt(next(Parameter.INT32), value);
        return this;
    }

    Launcher int64(long value) {
        arguments.putLong(next(Parameter.INT64), value);
        return this;
    }

    Launcher float32(float value) {
        arguments.putFloat(next(Parameter.FLOAT32), value);
        return this;
    }

    private int next(Parameter given) {
        List<Parameter> parameters = entry.parameters();
        if (count == parameters.size() || parameters.get(count) != given) {
            throw new IllegalStateException(
                    entry + " takes " + parameters + "; argument " + count + " was " + given);
        }
        return VALUES + Long.BYTES * count++;
    }

    /** Launches {@code gridX} blocks of {@code block} threads. */
    void run(int gridX, int block) {
        run(gridX, 1, 1, block, 0);
    }

    /** Launches; a grid with no blocks does nothing. */
    void run(int gridX, int gridY, int gridZ, int block, int sharedBytes) {
        if (count != entry.parameters().size()) {
            throw new IllegalStateException(
                    entry + " takes " + entry.parameters() + "; got " + count + " arguments");
        }
        if (gridX == 0 || gridY == 0 || gridZ == 0) {
            return;
        }
        allowShared(sharedBytes);
        if (trace == null) {
            launch(gridX, gridY, gridZ, block, sharedBytes);
        } else {
            trace.around(entry, () -> launch(gridX, gridY, gridZ, block, sharedBytes));
        }
    }

    private void launch(int gridX, int gridY, int gridZ, int block, int sharedBytes) {
        CudaResult.check(
                JCudaDriver.cuLaunchKernel(
                        module.function(entry),
                        gridX,
                        gridY,
                        gridZ,
                        block,
                        1,
                        1,
                        sharedBytes,
                        stream.handle(),
                        memory.pointer(),
                        null),
                entry.symbol());
        launches++;
    }

    private void allowShared(int bytes) {
        if (bytes > DEFAULT_SHARED_BYTES && bytes > allowedSharedBytes[entry.ordinal()]) {
            CudaResult.check(
                    JCudaDriver.cuFuncSetAttribute(
                            module.function(entry),
                            CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                            bytes),
                    "cuFuncSetAttribute");
            allowedSharedBytes[entry.ordinal()] = bytes;
        }
    }

    /** From now on takes the time of each launch; null for not. */
    void trace(LaunchTrace newTrace) {
        trace = newTrace;
    }

    /** Kernels launched so far, those into a graph included. */
    long launches() {
        return launches;
    }

    @Override
    public void close() {
        memory.close();
    }
}
