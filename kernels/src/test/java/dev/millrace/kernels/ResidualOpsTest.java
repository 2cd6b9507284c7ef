package dev.millrace.kernels;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** LayerNorm, sums without a norm, and activations without a gate. */
@ParameterizedClass
@MethodSource("dev.millrace.kernels.TestingBackend#portables")
final class ResidualOpsTest {
    private static final long SEED = 20261126;
    private static final float EPSILON = 1e-5f;
    private static final int ROWS = 5;
    private static final int[] SIZES = {1, 3, 8, 31, 64, 97, 576, 2050};
    private final TestingBackend backend;
    private final DType activation;

    ResidualOpsTest(TestingBackend backend) {
        this.backend = backend;
        activation = backend.activationType();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void layerNormIsRightAndIndependentOfTheBatch(boolean withBias) {
        Random random = new Random(SEED);
        for (int size : SIZES) {
            float[][] x = Guarded.random(ROWS, size, random);
            float[][] weight = Guarded.random(1, size, random);
            float[][] bias = withBias ? Guarded.random(1, size, random) : null;
            float[][] all = layerNorm(x, null, weight, bias, ROWS, 3);
            String what = "layerNorm of %d, seed %d".formatted(size, SEED);
            Compare.close(
                    all,
                    ReferenceKernels.layerNorm(
                            ReferenceKernels.doubles(x), weight[0], row(bias), EPSILON),
                    backend.tolerance(6e-6),
                    what);
            float[][] first = layerNorm(x, null, weight, bias, 1, 1);
            Compare.sameBits(first[0], all[0], what);
        }
    }

    @Test
    void layerNormFollowsTheSum() {
        Random random = new Random(SEED);
        for (int size : SIZES) {
            float[][] x = Guarded.random(ROWS, size, random);
            float[][] delta = backend.round(Guarded.random(ROWS, size, random));
            float[][] weight = Guarded.random(1, size, random);
            float[][] bias = Guarded.random(1, size, random);
            Compare.close(
                    layerNorm(x, delta, weight, bias, ROWS, 2),
                    ReferenceKernels.layerNorm(sum(x, delta), weight[0], bias[0], EPSILON),
                    backend.tolerance(6e-6),
                    "addLayerNorm of %d, seed %d".formatted(size, SEED));
        }
    }

    private static float[] row(float[][] rows) {
        return rows == null ? null : rows[0];
    }

    private float[][] layerNorm(
            float[][] x, float[][] delta, float[][] weight, float[][] bias, int rows, int threads) {
        try (Kernels kernels = backend.open(threads)) {
            Guarded in = Guarded.of(kernels, DType.F32, x);
            Guarded out = new Guarded(kernels, activation, rows + 1, x[0].length);
            Tensor w = Guarded.of(kernels, DType.F32, weight).tensor;
            Tensor b = bias == null ? null : Guarded.of(kernels, DType.F32, bias).tensor;
            if (delta == null) {
                kernels.layerNorm(out.tensor, in.tensor, w, b, EPSILON, rows);
            } else {
                Tensor added = Guarded.of(kernels, activation, delta).tensor;
                kernels.addLayerNorm(out.tensor, in.tensor, added, w, b, EPSILON, rows);
                Compare.close(in.rows(rows), sum(x, delta), 1e-7, "residual");
            }
            out.check(rows, "layerNorm");
            in.check(x.length, "layerNorm");
            return out.rows(rows);
        }
    }

    private static double[][] sum(float[][] x, float[][] delta) {
        double[][] sum = new double[x.length][x[0].length];
        for (int r = 0; r < x.length; r++) {
            for (int i = 0; i < x[r].length; i++) {
                sum[r][i] = x[r][i] + delta[r][i];
            }
        }
        return sum;
    }

    @Test
    void sumsGoToTheResidualAndToTheOutput() {
        Random random = new Random(SEED);
        for (int size : SIZES) {
            float[][] x = Guarded.random(ROWS, size, random);
            float[][] delta = backend.round(Guarded.random(ROWS, size, random));
            String what = "add of %d, seed %d".formatted(size, SEED);
            try (Kernels kernels = backend.open()) {
                Guarded residual = Guarded.of(kernels, DType.F32, x);
                Guarded out = new Guarded(kernels, activation, ROWS + 1, size);
                Tensor added = Guarded.of(kernels, activation, delta).tensor;
                kernels.add(out.tensor, residual.tensor, null, ROWS);
                Compare.close(
                        out.rows(ROWS), ReferenceKernels.doubles(x), backend.tolerance(0), what);
                kernels.add(null, residual.tensor, added, ROWS);
                Compare.close(residual.rows(ROWS), sum(x, delta), 1e-7, what);
                Guarded again = Guarded.of(kernels, DType.F32, x);
                kernels.add(out.tensor, again.tensor, added, ROWS);
                Compare.close(again.rows(ROWS), sum(x, delta), 1e-7, what);
                Compare.close(out.rows(ROWS), sum(x, delta), backend.tolerance(1e-7), what);
                out.check(ROWS, what);
                residual.check(ROWS, what);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void activationsAreRight(Activation function) {
        Random random = new Random(SEED);
        for (int size : new int[] {1, 7, 256, 1030}) {
            float[][] x = Guarded.random(ROWS, size, random);
            for (float[] row : x) {
                row[random.nextInt(size)] *= 40;
            }
            backend.round(x);
            double[][] expected = new double[ROWS][size];
            for (int r = 0; r < ROWS; r++) {
                for (int i = 0; i < size; i++) {
                    expected[r][i] = ReferenceKernels.activation(function, x[r][i]);
                }
            }
            try (Kernels kernels = backend.open()) {
                Guarded inPlace = Guarded.of(kernels, activation, x);
                kernels.activate(inPlace.tensor, function, ROWS);
                String what = "%s of %d, seed %d".formatted(function, size, SEED);
                Compare.close(inPlace.rows(ROWS), expected, backend.tolerance(2e-6), what);
                inPlace.check(ROWS, what);
            }
        }
    }
}
