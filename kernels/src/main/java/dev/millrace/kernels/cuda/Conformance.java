package dev.millrace.kernels.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import jcuda.Pointer;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/**
 * Runs the kernels of {@code conformance/}, one for each wrapper of {@code ptx.cuh}, on a device, and compares what they leave with
 * what plain loops over the PTX manual's layouts leave. All operands are whole numbers, so that the bits must be the same.
 *
 * <p>Thread-safety: none; closes what it opens.
 */
public final class Conformance implements AutoCloseable {
    private static final String KERNELS = "conformance.fatbin";

    /** NAME THREADS WORDS HASH, a line for each kernel; a test holds it to the loops. */
    private static final String EXPECTED = "conformance.txt";

    private static final int INPUT_WORDS = 32 << 10;
    private static final int SHARED_BYTES = 64 << 10;

    private final CudaContext context;
    private final CUmodule module = new CUmodule();
    private final DevicePointer in = new DevicePointer();
    private final DevicePointer out = new DevicePointer();

    private Conformance(String device) {
        byte[] image = resource(KERNELS);
        CudaDriver.load();
        context = new CudaContext(DeviceChoice.choose(device));
        CudaResult.check(JCudaDriver.cuModuleLoadData(module, image), "cuModuleLoadData");
        ByteBuffer words = randomWords();
        CudaResult.check(JCudaDriver.cuMemAlloc(in, words.capacity()), "cuMemAlloc");
        CudaResult.check(JCudaDriver.cuMemAlloc(out, words.capacity()), "cuMemAlloc");
        CudaResult.check(
                JCudaDriver.cuMemcpyHtoD(in, Pointer.to(words), words.capacity()), "cuMemcpyHtoD");
    }

    /** How a device's result compares. */
    public enum Outcome {
        SAME,
        DIFFERENT,
        /** The architecture lacks the instruction. */
        ABSENT
    }

    /**
     * What one kernel left.
     *
     * @param kernel its name
     * @param outcome how it compares
     * @param line NAME THREADS WORDS HASH, as it is recorded
     * @param words all of it
     */
    public record Result(String kernel, Outcome outcome, String line, int[] words) {}

    /**
     * Runs all of them on the device that {@code device} names.
     *
     * @throws dev.millrace.kernels.KernelException if it cannot be used
     */
    public static List<Result> run(String device) {
        try (Conformance conformance = new Conformance(device)) {
            String lines = new String(resource(EXPECTED), StandardCharsets.UTF_8);
            return lines.lines().map(conformance::result).toList();
        }
    }

    private Result result(String expected) {
        String[] fields = expected.split(" ");
        CUfunction function = new CUfunction();
        int found = JCudaDriver.cuModuleGetFunction(function, module, fields[0]);
        if (found == CUresult.CUDA_ERROR_NOT_FOUND) {
            return new Result(fields[0], Outcome.ABSENT, "", new int[0]);
        }
        CudaResult.check(found, "cuModuleGetFunction of " + fields[0]);
        int threads = Integer.parseInt(fields[1]);
        int[] words = launch(function, threads, Integer.parseInt(fields[2]));
        String line = "%s %d %d %016x".formatted(fields[0], threads, words.length, hash(words));
        Outcome outcome = line.equals(expected) ? Outcome.SAME : Outcome.DIFFERENT;
        return new Result(fields[0], outcome, line, words);
    }

    private int[] launch(CUfunction function, int threads, int count) {
        CudaResult.check(
                JCudaDriver.cuFuncSetAttribute(
                        function,
                        CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                        SHARED_BYTES),
                "cuFuncSetAttribute");
        Pointer parameters = Pointer.to(Pointer.to(out), Pointer.to(in));
        CudaResult.check(
                JCudaDriver.cuLaunchKernel(
                        function, 1, 1, 1, threads, 1, 1, SHARED_BYTES, null, parameters, null),
                "cuLaunchKernel");
        ByteBuffer result = buffer(count);
        CudaResult.check(
                JCudaDriver.cuMemcpyDtoH(Pointer.to(result), out, result.capacity()),
                "cuMemcpyDtoH");
        int[] words = new int[count];
        result.asIntBuffer().get(words);
        return words;
    }

    private static ByteBuffer buffer(int words) {
        return ByteBuffer.allocateDirect(words * Integer.BYTES).order(ByteOrder.nativeOrder());
    }

    /** As in the emulator's runner: the generator of Numerical Recipes, its high bits mixed in. */
    private static ByteBuffer randomWords() {
        ByteBuffer words = buffer(INPUT_WORDS);
        int state = 12345;
        for (int i = 0; i < INPUT_WORDS; i++) {
            state = state * 1664525 + 1013904223;
            words.putInt(i * Integer.BYTES, state ^ state >>> 15);
        }
        return words;
    }

    /** FNV-1a over words. */
    private static long hash(int[] words) {
        long hash = 0x14650FB0739D0383L;
        for (int word : words) {
            hash = (hash ^ Integer.toUnsignedLong(word)) * 1099511628211L;
        }
        return hash;
    }

    private static byte[] resource(String name) {
        if (name.equals(KERNELS) && Conformance.class.getResource(name) == null) {
            throw CudaModule.noKernels();
        }
        try (InputStream stream = Conformance.class.getResourceAsStream(name)) {
            return stream.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        JCudaDriver.cuMemFree(in);
        JCudaDriver.cuMemFree(out);
        JCudaDriver.cuModuleUnload(module);
        context.close();
    }
}
