package dev.millrace.kernels;

import dev.millrace.kernels.KernelsConfig.WeightRounding;
import dev.millrace.kernels.cpu.Lanes;
import dev.millrace.kernels.cpu.ScalarLanes;
import dev.millrace.kernels.cpu.VectorLanes;
import dev.millrace.kernels.x86.Family;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;

/**
 * A backend that every test of an operation runs on: the CPU with vector and with scalar loops and with each native family that the
 * processor has, CUDA on the emulator where that could be built.
 */
public final class TestingBackend {
    private final String name;
    private final boolean cuda;
    private final DType activationType;
    private final WeightRounding rounding;
    private final IntFunction<Kernels> opener;
    private final boolean quantizesActivations;
    private final boolean storesBytes;
    private Boolean portable;

    private TestingBackend(
            String name,
            boolean cuda,
            DType activationType,
            boolean quantizesActivations,
            WeightRounding rounding,
            IntFunction<Kernels> opener) {
        this.name = name;
        this.cuda = cuda;
        this.activationType = activationType;
        this.rounding = rounding;
        this.opener = opener;
        this.quantizesActivations = quantizesActivations;
        storesBytes = false;
    }

    /** As {@code other}, with keys and values of bytes. */
    private TestingBackend(TestingBackend other) {
        name = other.name + ", keys and values of bytes";
        cuda = other.cuda;
        activationType = other.activationType;
        rounding = other.rounding;
        opener = other.opener;
        quantizesActivations = other.quantizesActivations;
        storesBytes = true;
    }

    /** All of them; where the emulator checks every access, those that run on it. */
    public static List<TestingBackend> all() {
        List<TestingBackend> all = new ArrayList<>(portables());
        if (!TestingEmulator.isChecked()) {
            all.addAll(natives());
        }
        return all;
    }

    /** Those that have every operation. */
    public static List<TestingBackend> portables() {
        List<TestingBackend> some =
                new ArrayList<>(TestingEmulator.isChecked() ? List.of() : cpus());
        some.addAll(cudas());
        return some;
    }

    /** All of them, and those on the CPU with keys and values of bytes. */
    public static List<TestingBackend> allThatAttend() {
        List<TestingBackend> all = new ArrayList<>(all());
        for (TestingBackend backend : all()) {
            if (!backend.isCuda()) {
                all.add(new TestingBackend(backend));
            }
        }
        return all;
    }

    /** All of them, and those that round weights. */
    public static List<TestingBackend> allThatMultiply() {
        List<TestingBackend> all = new ArrayList<>(all());
        for (Family family : Family.available()) {
            all.add(x86(family, family.hasBfloat16(), WeightRounding.INT8));
            if (family.hasBfloat16()) {
                all.add(x86(family, true, WeightRounding.FP8));
            }
        }
        return all;
    }

    /** Those of the native families, in every precision. */
    public static List<TestingBackend> natives() {
        List<TestingBackend> all = new ArrayList<>();
        for (Family family : Family.available()) {
            all.add(x86(family, false, WeightRounding.CHECKPOINT));
            if (family.hasBfloat16()) {
                all.add(x86(family, true, WeightRounding.CHECKPOINT));
            }
        }
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

    /** Those for quantised checkpoints, and the CPU with activations quantised as well. */
    public static List<TestingBackend> quantizing() {
        List<TestingBackend> all = new ArrayList<>(all());
        for (Family family : Family.available()) {
            all.add(multipliesBytes(family, false));
            if (family.hasBfloat16()) {
                all.add(multipliesBytes(family, true));
            }
        }
        for (Lanes lanes : List.of(new VectorLanes(), new ScalarLanes())) {
            String name = "cpu " + lanes.name() + ", activations quantised";
            all.add(
                    new TestingBackend(
                            name,
                            false,
                            DType.F32,
                            true,
                            WeightRounding.CHECKPOINT,
                            threads -> new CpuKernels(threads, lanes, true)));
        }
        return all;
    }

    /** All of them, and those that round activations for weights of bytes. */
    public static List<TestingBackend> allThatRound() {
        List<TestingBackend> all = new ArrayList<>(all());
        for (Family family : Family.available()) {
            all.add(x86(family, false, WeightRounding.INT8));
            all.add(multipliesBytes(family, family.hasBfloat16()));
        }
        return all;
    }

    private static TestingBackend cpu(Lanes lanes) {
        return new TestingBackend(
                "cpu " + lanes.name(),
                false,
                DType.F32,
                false,
                WeightRounding.CHECKPOINT,
                threads -> new CpuKernels(threads, lanes));
    }

    private static TestingBackend multipliesBytes(Family family, boolean bfloat16) {
        DType activationType = bfloat16 ? DType.BF16 : DType.F32;
        WeightRounding none = WeightRounding.CHECKPOINT;
        return new TestingBackend(
                "cpu " + family + " " + activationType + ", activations quantised",
                false,
                activationType,
                true,
                none,
                threads -> new X86Kernels(family, threads, bfloat16, none, true));
    }

    private static TestingBackend x86(Family family, boolean bfloat16, WeightRounding rounding) {
        DType activationType = bfloat16 ? DType.BF16 : DType.F32;
        return new TestingBackend(
                "cpu " + family + " " + activationType + " " + rounding,
                false,
                activationType,
                false,
                rounding,
                threads -> new X86Kernels(family, threads, bfloat16, rounding, false));
    }

    private static TestingBackend cuda(DType activationType) {
        KernelsConfig config =
                new KernelsConfig(
                        "cuda:0", 1, KernelsConfig.ComputePrecision.FLOAT32, activationType);
        return new TestingBackend(
                "cuda " + activationType,
                true,
                activationType,
                true,
                WeightRounding.CHECKPOINT,
                threads -> Kernels.create(config));
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

    /** Whether keys and values are stored as bytes. */
    public boolean storesBytes() {
        return storesBytes;
    }

    KvCache allocateKvCache(Kernels kernels, KvShape shape) {
        return storesBytes
                ? kernels.allocateKvCache(shape, DType.INT8)
                : kernels.allocateKvCache(shape);
    }

    /** What keys or values [rows, Hkv · {@code headDim}] are when they are read again. */
    float[][] stored(float[][] rows, int headDim) {
        return storesBytes ? Grids.int8Heads(rows, headDim) : rows;
    }

    /** Whether weights are rounded to bytes. */
    boolean roundsWeights() {
        return rounding == WeightRounding.INT8;
    }

    /** Whether rows are rounded to bytes for the product with a weight of bytes. */
    boolean roundsActivations() {
        return roundsWeights() || hasTensorsOfBytes() && quantizesActivations;
    }

    /** Whether it has tensors of bytes. */
    boolean hasTensorsOfBytes() {
        return cuda || !isPortable();
    }

    public boolean isCuda() {
        return cuda;
    }

    /** Whether it has every operation. */
    boolean isPortable() {
        if (portable == null) {
            try (Kernels kernels = open(1)) {
                portable = !(kernels instanceof X86Kernels);
            }
        }
        return portable;
    }

    /**
     * What a weight [n, k] means to the backend: rounded to what products take, or to the grid of each row. Rotated rows are
     * longer by their padding, as {@link #inputs} are.
     */
    double[][] weights(double[][] values) {
        double[][] rounded = new double[values.length][];
        for (int row = 0; row < values.length; row++) {
            rounded[row] =
                    switch (rounding) {
                        case INT8 -> Grids.rotatedInt8(values[row]);
                        case FP8 -> Grids.e4m3(values[row]);
                        case CHECKPOINT -> values[row].clone();
                    };
            for (int i = 0; i < rounded[row].length && rounding == WeightRounding.CHECKPOINT; i++) {
                boolean exact = activationType == DType.F32;
                rounded[row][i] = exact ? rounded[row][i] : round((float) rounded[row][i]);
            }
        }
        return rounded;
    }

    /** What reading one number of {@code row} of a packed weight may be off by. */
    double readingError(double[] row) {
        return rounding == WeightRounding.INT8 ? 1e-6 * Arrays.stream(row).map(Math::abs).sum() : 0;
    }

    /** What rows of activations mean to a product: themselves, or rotated bytes with a scale for each row. */
    double[][] inputs(float[][] rows) {
        double[][] inputs = ReferenceKernels.doubles(rows);
        for (int r = 0; r < rows.length && rounding == WeightRounding.INT8; r++) {
            inputs[r] = Grids.rotatedInt8(rows[r]);
        }
        return inputs;
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
