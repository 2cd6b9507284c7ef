package dev.millrace.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.kernels.Quantization.ScaleGrid;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Products with quantised weights against double precision over the same quantised numbers. */
@Tag("kernels")
@ParameterizedClass
@MethodSource("dev.millrace.kernels.TestingBackend#quantizing")
final class QuantizedLinearTest {
    private static final long SEED = 20261122;
    private static final int[] ROWS = {1, 2, 7, 8, 9, 16, 17, 33, 64, 65, 129};
    private static final double TOLERANCE = 4e-6;

    private final TestingBackend backend;

    QuantizedLinearTest(TestingBackend backend) {
        this.backend = backend;
    }

    @Test
    void groupsOf32Are64AndMoreMultiplyAsTheirRoundedValues() {
        Random random = new Random(SEED);
        List<TestingQuantized> sources = new ArrayList<>();
        for (int bits : new int[] {4, 8}) {
            for (int groupSize : new int[] {32, 64, 128}) {
                for (boolean zeroPoints : new boolean[] {true, false}) {
                    DType scales = random.nextBoolean() ? DType.F16 : DType.BF16;
                    sources.add(
                            TestingQuantized.groups(
                                    bits, groupSize, scales, zeroPoints, false, 74, 328, random));
                }
            }
        }
        sources.add(TestingQuantized.groups(4, 128, DType.F16, true, true, 40, 256, random));
        sources.add(TestingQuantized.groups(8, 64, DType.BF16, true, true, 136, 88, random));
        sources.add(TestingQuantized.groups(4, 1024, DType.F16, true, false, 6, 1024, random));
        for (TestingQuantized source : sources) {
            check(source, random);
            checkGated(source, random);
        }
    }

    @Test
    void bytesMultiplyQuantisedTokens() {
        Random random = new Random(SEED);
        for (int[] shape : new int[][] {{2, 1}, {74, 200}, {136, 328}, {200, 64}}) {
            TestingQuantized source = TestingQuantized.int8(shape[0], shape[1], random);
            check(source, random);
            checkGated(source, random);
        }
    }

    @Test
    void e4m3MultipliesQuantisedTokens() {
        Random random = new Random(SEED);
        for (ScaleGrid grid : ScaleGrid.values()) {
            for (int[] shape : new int[][] {{2, 1}, {74, 200}, {304, 328}}) {
                for (float inputScale : new float[] {0, 0.01f}) {
                    if (inputScale != 0 && isBlocks(grid)) {
                        continue;
                    }
                    TestingQuantized source =
                            TestingQuantized.e4m3(grid, inputScale, shape[0], shape[1], random);
                    check(source, random);
                    checkGated(source, random);
                }
            }
        }
    }

    private void check(TestingQuantized source, Random random) {
        int n = source.n();
        float[][] x = backend.round(Guarded.random(130, source.k(), random));
        x[1] = new float[source.k()];
        float[] bias = Guarded.random(1, n, random)[0];
        double[][] in = inputs(source, x);
        double[][] weights = weights(source);
        double[][] expected = ReferenceKernels.linear(in, weights, bias);
        double[][] magnitude = ReferenceKernels.linearMagnitude(in, weights);
        try (Kernels kernels = backend.open()) {
            Weight weight = kernels.pack(source);
            Tensor biasTensor = Guarded.of(kernels, DType.F32, new float[][] {bias}).tensor;
            float[][] all = null;
            for (int i = ROWS.length - 1; i >= 0; i--) {
                Guarded in16 = Guarded.of(kernels, backend.activationType(), x);
                Guarded out = new Guarded(kernels, DType.F32, ROWS[i] + 1, n);
                kernels.linear(out.tensor, in16.tensor, weight, biasTensor, ROWS[i]);
                float[][] actual = out.rows(ROWS[i]);
                out.check(ROWS[i], what(source, ROWS[i]));
                if (all == null) {
                    all = actual;
                    checkClose(actual, expected, magnitude, what(source, ROWS[i]));
                }
                for (int r = 0; r < ROWS[i]; r++) {
                    Compare.sameBits(actual[r], all[r], what(source, ROWS[i]) + ", row " + r);
                }
            }
            Guarded rounded = new Guarded(kernels, backend.activationType(), 3, n);
            Guarded in16 = Guarded.of(kernels, backend.activationType(), x);
            kernels.linear(rounded.tensor, in16.tensor, weight, biasTensor, 2);
            for (int j = 0; j < n; j++) {
                assertThat(rounded.row(1)[j]).isEqualTo(backend.round(all[1][j]));
            }
        }
    }

    private static void checkClose(
            float[][] actual, double[][] expected, double[][] magnitude, String what) {
        double[][] expectedRows = java.util.Arrays.copyOf(expected, actual.length);
        for (double[] row : magnitude) {
            for (int j = 0; j < row.length; j++) {
                row[j] += 1;
            }
        }
        Compare.close(actual, expectedRows, magnitude, TOLERANCE, what);
    }

    private void checkGated(TestingQuantized source, Random random) {
        float[][] x = Guarded.random(66, source.k(), random);
        for (float[] row : x) {
            for (int i = 0; i < row.length; i++) {
                row[i] = backend.round(row[i] * 0.3f);
            }
        }
        float[] bias = Guarded.random(1, source.n(), random)[0];
        double[][] expected =
                ReferenceKernels.gatedLinear(
                        inputs(source, x), weights(source), bias, Activation.SILU);
        try (Kernels kernels = backend.open()) {
            DType type = backend.activationType();
            Weight weight = kernels.packGateUp(source);
            Tensor biasTensor = Guarded.of(kernels, DType.F32, new float[][] {bias}).tensor;
            float[][] all = null;
            for (int rows : new int[] {66, 65, 16, 3, 1}) {
                Guarded in = Guarded.of(kernels, type, x);
                Guarded out = new Guarded(kernels, type, rows + 1, source.n() / 2);
                kernels.gatedLinear(
                        out.tensor, in.tensor, weight, biasTensor, Activation.SILU, rows);
                out.check(rows, what(source, rows));
                float[][] actual = out.rows(rows);
                if (all == null) {
                    all = actual;
                    double computed = backend.isCuda() ? 1e-4 : 1e-3;
                    Compare.close(
                            actual, expected, backend.tolerance(computed), what(source, rows));
                }
                for (int r = 0; r < rows; r++) {
                    Compare.sameBits(actual[r], all[r], what(source, rows) + ", row " + r);
                }
            }
        }
    }

    private String what(TestingQuantized source, int rows) {
        Quantization quantization = source.quantization();
        String kind = quantization.getClass().getSimpleName();
        if (quantization instanceof Quantization.Groups g) {
            kind += " " + g.bits() + " bits, " + g.groupSize() + ", zero points " + g.zeroPoints();
        } else if (quantization instanceof Quantization.E4m3 e) {
            kind += " " + e.grid() + ", static " + e.inputScale();
        }
        return "%s, %s [%d, %d], %d rows, seed %d"
                .formatted(backend, kind, source.n(), source.k(), rows, SEED);
    }

    /** Weights as the products see them. */
    private double[][] weights(TestingQuantized source) {
        double[][] values = source.decode();
        if (source.quantization() instanceof Quantization.Groups || isDequantised(source)) {
            for (double[] row : values) {
                for (int i = 0; i < row.length; i++) {
                    row[i] = backend.round((float) row[i]);
                }
            }
        }
        return values;
    }

    /** A GPU's only kind of bytes that become 16-bit weights, and all that native kernels do not multiply as bytes. */
    private boolean isDequantised(TestingQuantized source) {
        if (!backend.isCuda() && !backend.isPortable()) {
            return !backend.quantizesActivations()
                    || !(source.quantization() instanceof Quantization.Int8);
        }
        return backend.isCuda()
                && source.quantization() instanceof Quantization.E4m3 e4m3
                && e4m3.grid() == ScaleGrid.ROW_128;
    }

    /** Activations as the products see them: quantised and back. */
    private double[][] inputs(TestingQuantized source, float[][] x) {
        double[][] in = ReferenceKernels.doubles(x);
        if (!backend.quantizesActivations()) {
            return in;
        }
        Quantization quantization = source.quantization();
        if (quantization instanceof Quantization.Int8) {
            for (double[] row : in) {
                quantise(row, 0, row.length, 127, 0, false);
            }
        } else if (quantization instanceof Quantization.E4m3 e4m3) {
            if (isDequantised(source)) {
                return in;
            }
            int group = isBlocks(e4m3.grid()) ? 128 : source.k();
            for (double[] row : in) {
                for (int i = 0; i < row.length; i += group) {
                    int end = Math.min(i + group, row.length);
                    quantise(row, i, end, 448, e4m3.inputScale(), true);
                }
            }
        }
        return in;
    }

    private static boolean isBlocks(ScaleGrid grid) {
        return grid == ScaleGrid.BLOCK_128 || grid == ScaleGrid.ROW_128;
    }

    /** The GPU and native kernels multiply by the reciprocal of the scale, the portable ones divide by the scale. */
    private void quantise(
            double[] row, int from, int to, float largest, float given, boolean e4m3) {
        float max = 0;
        for (int i = from; i < to; i++) {
            max = Math.max(max, (float) Math.abs(row[i]));
        }
        float scale = given == 0 ? max / largest : given;
        float factor = given == 0 ? max == 0 ? 0 : largest / max : 1 / given;
        for (int i = from; i < to; i++) {
            float scaled = (float) row[i] * factor;
            if (!backend.isCuda() && backend.isPortable() && scale != 0) {
                scaled = (float) row[i] / scale;
            }
            row[i] = scale * (e4m3 ? nearestE4m3(scaled) : Math.rint(scaled));
        }
    }

    /** Of equally near values the one with an even last bit. */
    private static double nearestE4m3(float value) {
        int best = 0;
        double error = Double.POSITIVE_INFINITY;
        for (int bits = 0; bits < 0x7F; bits++) {
            double distance = Math.abs(Math.abs(value) - TestingQuantized.e4m3(bits));
            if (distance < error || distance == error && bits % 2 == 0) {
                best = bits;
                error = distance;
            }
        }
        return Math.copySign(TestingQuantized.e4m3(best), value);
    }

    @Test
    void weightsAreForTheOperationTheyWerePackedFor() {
        assumeTrue(backend.isCuda(), "the CPU packs both alike");
        Random random = new Random(SEED);
        try (Kernels kernels = backend.open()) {
            DType type = backend.activationType();
            TestingQuantized source = TestingQuantized.int8(16, 16, random);
            Tensor in = new Guarded(kernels, type, 1, 16).tensor;
            Tensor out = new Guarded(kernels, type, 1, 16).tensor;
            Weight gateUp = kernels.packGateUp(source);
            assertThatThrownBy(() -> kernels.linear(out, in, gateUp, null, 1))
                    .isInstanceOf(KernelException.class)
                    .hasMessageContaining("gatedLinear");
        }
    }
}
