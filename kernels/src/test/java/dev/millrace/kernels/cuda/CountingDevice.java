package dev.millrace.kernels.cuda;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.KernelsConfig;
import dev.millrace.kernels.PackedBatch;
import dev.millrace.kernels.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Random;
import jcuda.driver.JCudaDriver;

/**
 * The emulated device of this process, and the file that it writes its counters to (MILLRACE_EMU_COUNT).
 *
 * <p>Thread-safety: none.
 */
final class CountingDevice {
    static final DType A = DType.BF16;
    static final KernelsConfig CONFIG =
            new KernelsConfig("cuda:0", 1, KernelsConfig.ComputePrecision.FLOAT32, A);

    private final Path counters;
    private final Path target;
    private final Random random = new Random(20261126);

    CountingDevice(Path counters, Path target) {
        this.counters = counters;
        this.target = target;
    }

    Random random() {
        return random;
    }

    /** Runs launches that are under way on {@code kernels}, then counts those of {@code work}. */
    void count(Kernels kernels, Runnable work) {
        count(kernels::synchronize, work);
    }

    void count(Runnable synchronize, Runnable work) {
        synchronize.run();
        JCudaDriver.cuProfilerStart();
        work.run();
        synchronize.run();
        JCudaDriver.cuProfilerStop();
        try {
            Files.move(counters, target, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Normally distributed numbers. */
    Tensor filled(Kernels kernels, DType type, int rows, int columns) {
        Tensor tensor = kernels.allocate(type, rows, columns, "test");
        kernels.copyIn(numbers(rows * columns), rows * columns, tensor);
        return tensor;
    }

    float[] numbers(int count) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = (float) random.nextGaussian() * 0.3f;
        }
        return numbers;
    }

    static Tensor ints(Kernels kernels, int... values) {
        Tensor tensor = kernels.allocate(DType.INT32, 1, values.length, "test");
        kernels.copyIn(values, values.length, tensor);
        return tensor;
    }

    /** The same device, posing as one of another compute capability. */
    static CudaOps posing(CudaOps ops, int capability) {
        CudaDevice device = ops.device();
        CudaDevice posed =
                new CudaDevice(
                        device.ordinal(),
                        device.name(),
                        capability,
                        device.numMultiprocessors(),
                        device.sharedBytesPerBlock(),
                        device.totalBytes());
        return new CudaOps(
                posed,
                ops.launcher(),
                ops.memory(),
                ops.uploads(),
                ops.activationType(),
                ops.quantizesActivations());
    }

    /** Sequences of {@code contexts} tokens, of which the last {@code queries} are in the step; blocks of 16 in order. */
    static PackedBatch batch(Kernels kernels, int[] contexts, int[] queries, int mostBlocks) {
        int tokens = 0;
        int longest = 0;
        for (int count : queries) {
            tokens += count;
            longest = Math.max(longest, count);
        }
        PackedBatch batch = new PackedBatch(kernels, tokens, contexts.length, mostBlocks);
        int[] positions = new int[tokens];
        int[] slots = new int[tokens];
        int[] starts = new int[contexts.length + 1];
        int[] tables = new int[contexts.length * mostBlocks];
        for (int s = 0, t = 0; s < contexts.length; s++) {
            for (int b = 0; b < mostBlocks; b++) {
                tables[s * mostBlocks + b] = s * mostBlocks + b;
            }
            for (int p = contexts[s] - queries[s]; p < contexts[s]; p++, t++) {
                positions[t] = p;
                slots[t] = s * mostBlocks * 16 + p;
            }
            starts[s + 1] = starts[s] + queries[s];
        }
        batch.resize(tokens, contexts.length, longest);
        kernels.copyIn(positions, tokens, batch.positions());
        kernels.copyIn(slots, tokens, batch.slotMapping());
        kernels.copyIn(starts, starts.length, batch.cuSeqLens());
        kernels.copyIn(contexts, contexts.length, batch.contextLens());
        kernels.copyIn(tables, tables.length, batch.blockTables());
        return batch;
    }
}
