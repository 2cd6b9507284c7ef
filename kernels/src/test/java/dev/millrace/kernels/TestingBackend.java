package dev.millrace.kernels;

import dev.millrace.kernels.cpu.Lanes;
import dev.millrace.kernels.cpu.ScalarLanes;
import dev.millrace.kernels.cpu.VectorLanes;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * A backend that every test of an operation runs on: the CPU with vector and with scalar loops, CUDA on the emulator where that
 * could be built.
 */
public final class TestingBackend {
    private final String name;
    private final DType activationType;
    private final IntFunction<Kernels> opener;
    private final boolean quantizesActivations;

    private TestingBackend(
            String name,
            DType activationType,
            boolean quantizesActivations,
            IntFunction<Kernels> opener) {
        this.name = name;
        this.activationType = activationType;
        this.opener = opener;
        this.quantizesActivations = quantizesActivations;
    }

    /** All of them; where the emulator checks every access, those that run on it. */
    public static List<TestingBackend> all() {
        List<TestingBackend> all =
                new ArrayList<>(TestingEmulator.isChecked() ? List.of() : cpus());
        all.addAll(cudas());
        return all;
    }

    /** Those on the CPU. */
    public static List<TestingBackend> cpus() {
        return List.of(cpu(new VectorLanes()), cpu(new ScalarLanes()));
    }

    /** Those on the emulated CUDA device; none where it could not be built. */
    public static List<TestingBackend> cudas() {
        return TestingEmulator.isLoaded() ? List.of(cuda(DType.BF16), cuda(DType.F16)) : List.of();
    }

    /** All of them, and the CPU with activations quantised as well. */
    public static List<TestingBackend> quantizing() {
        List<TestingBackend> all = new ArrayList<>(all());
        for (Lanes lanes : List.of(new VectorLanes(), new ScalarLanes())) {
            String name = "cpu " + lanes.name() + ", activations quantised";
            all.add(
                    new TestingBackend(
                            name,
                            DType.F32,
                            true,
                            threads -> new CpuKernels(threads, lanes, true)));
        }
        return all;
    }

    private static TestingBackend cpu(Lanes lanes) {
        return new TestingBackend(
                "cpu " + lanes.name(), DType.F32, false, threads -> new CpuKernels(threads, lanes));
    }

    private static TestingBackend cuda(DType activationType) {
        KernelsConfig config =
                new KernelsConfig(
                        "cuda:0", 1, KernelsConfig.ComputePrecision.FLOAT32, activationType);
        return new TestingBackend(
                "cuda " + activationType, activationType, true, threads -> Kernels.create(config));
    }

    /** Opens it; {@code threads} matters to the CPU only. */
    public Kernels open(int threads) {
        return opener.apply(threads);
    }

    /** Opens it. */
    public Kernels open() {
        return open(2);
    }

    /** A: type of activations. */
    public DType activationType() {
        return activationType;
    }

    public boolean quantizesActivations() {
        return quantizesActivations;
    }

    public boolean isCuda() {
        return activationType != DType.F32;
    }

    /** The nearest value that an activation can have; tests round inputs before the reference sees them. */
    public float round(float value) {
        return Guarded.round(activationType, value);
    }

    /** All values rounded in place by {@link #round}; returns the argument. */
    public float[][] round(float[][] values) {
        for (float[] row : values) {
            for (int i = 0; i < row.length; i++) {
                row[i] = round(row[i]);
            }
        }
        return values;
    }

    /**
     * What an activation may be off by, relative to its magnitude: {@code computed} for the arithmetic, and half a step of the type
     * that it is rounded to.
     */
    public double tolerance(double computed) {
        return switch (activationType) {
            case F32 -> computed;
            case BF16 -> computed + 0x1p-8;
            case F16 -> computed + 0x1p-11;
            case F8_E4M3, INT8, INT32, INT64 -> throw new AssertionError(activationType);
        };
    }

    @Override
    public String toString() {
        return name;
    }
}
