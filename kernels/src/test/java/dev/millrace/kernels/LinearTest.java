package dev.millrace.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("kernels")
@ParameterizedClass
@MethodSource("dev.millrace.kernels.TestingBackend#allThatMultiply")
final class LinearTest {
    private static final long SEED = 20261122;
    private static final int[] ROWS = {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 29, 73, 145};
    private static final int[] BATCHES = {1, 2, 7, 8, 9, 16, 17, 32, 33, 63, 64, 65, 128, 150};

    /** Relative to the sum of the magnitudes of the products; float32 sums of up to 768 of them. */
    private static final double TOLERANCE = 2e-6;

    private static final double HALF_STEP_OF_SUBNORMAL_F16 = 0x1p-25;

    private final TestingBackend backend;

    LinearTest(TestingBackend backend) {
        this.backend = backend;
    }

    private static List<int[]> shapes(WeightFormat format) {
        List<int[]> shapes = new ArrayList<>();
        int[][] sizes = {
            {1, 1}, {1, 7}, {3, 5}, {16, 16}, {17, 31}, {32, 64}, {61, 257}, {96, 300}, {130, 523}
        };
        for (int[] size : sizes) {
            shapes.add(new int[] {size[0], multiple(format, size[1])});
        }
        return shapes;
    }

    private static int multiple(WeightFormat format, int k) {
        int block = format.blockElements();
        return (k + block - 1) / block * block;
    }

    /** What the weight means to the backend. */
    private double[][] decode(TestingWeight source) {
        return backend.weights(source.decode());
    }

    @ParameterizedTest
    @EnumSource
    void productsAreRightForAnyShape(WeightFormat format) {
        Random random = new Random(SEED);
        try (Kernels kernels = backend.open()) {
            for (int[] shape : shapes(format)) {
                TestingWeight source = TestingWeight.random(format, shape[0], shape[1], random);
                Weight weight = kernels.pack(source);
                double[][] decoded = decode(source);
                for (int rows : ROWS) {
                    DType outType = random.nextBoolean() ? backend.activationType() : DType.F32;
                    checkProduct(kernels, source, decoded, weight, outType, rows, random);
                }
            }
        }
    }

    private void checkProduct(
            Kernels kernels,
            TestingWeight source,
            double[][] decoded,
            Weight weight,
            DType outType,
            int rows,
            Random random) {
        String what =
                "%s, %s [%d, %d], %d rows to %s, seed %d"
                        .formatted(
                                backend,
                                source.format(),
                                source.n(),
                                source.k(),
                                rows,
                                outType,
                                SEED);
        float[][] x = backend.round(Guarded.random(rows, source.k(), random));
        float[] bias = random.nextBoolean() ? Guarded.random(1, source.n(), random)[0] : null;
        Guarded out = new Guarded(kernels, outType, rows + 1, source.n());
        Guarded in = Guarded.of(kernels, backend.activationType(), x);
        kernels.linear(out.tensor, in.tensor, weight, vector(kernels, bias), rows);
        double[][] inputs = backend.inputs(x);
        double[][] expected = ReferenceKernels.linear(inputs, decoded, bias);
        double[][] allowed = ReferenceKernels.linearMagnitude(inputs, decoded);
        for (int r = 0; r < rows; r++) {
            for (int j = 0; j < source.n(); j++) {
                double magnitude = allowed[r][j] + (bias == null ? 0 : 1 + Math.abs(bias[j]));
                double rounding = outType == DType.F32 ? 0 : backend.tolerance(0);
                double smallest = outType == DType.F16 ? HALF_STEP_OF_SUBNORMAL_F16 : 0;
                allowed[r][j] =
                        TOLERANCE * magnitude + rounding * Math.abs(expected[r][j]) + smallest;
            }
        }
        Compare.close(out.rows(rows), expected, allowed, 1, what);
        out.check(rows, what);
        in.check(rows, what);
    }

    private static Tensor vector(Kernels kernels, float[] values) {
        return values == null
                ? null
                : Guarded.of(kernels, DType.F32, new float[][] {values}).tensor;
    }

    @ParameterizedTest
    @EnumSource
    void rowsHaveTheSameBitsInAnyBatchOnAnyNumberOfThreads(WeightFormat format) {
        Random random = new Random(SEED);
        int n = 261;
        int k = multiple(format, 608);
        TestingWeight source = TestingWeight.random(format, n, k, random);
        float[][] x = Guarded.random(150, k, random);
        float[][] expected;
        try (Kernels kernels = backend.open(1)) {
            expected = product(kernels, kernels.pack(source), x, x.length);
        }
        for (int threads = 1; threads <= (backend.isCuda() ? 1 : 3); threads++) {
            try (Kernels kernels = backend.open(threads)) {
                Weight weight = kernels.pack(source);
                for (int batch : BATCHES) {
                    float[][] actual = product(kernels, weight, x, batch);
                    for (int r = 0; r < batch; r++) {
                        Compare.sameBits(
                                actual[r],
                                expected[r],
                                "row %d of %d, %d threads, %s, seed %d"
                                        .formatted(r, batch, threads, format, SEED));
                    }
                }
            }
        }
    }

    private float[][] product(Kernels kernels, Weight weight, float[][] x, int rows) {
        Guarded out = new Guarded(kernels, DType.F32, rows, weight.n());
        Guarded in = Guarded.of(kernels, backend.activationType(), x);
        kernels.linear(out.tensor, in.tensor, weight, null, rows);
        return out.rows(rows);
    }

    @ParameterizedTest
    @EnumSource
    void gatedProductsAreRightAndIndependentOfTheBatch(Activation activation) {
        Random random = new Random(SEED);
        int[][] shapes = {{2, 3}, {64, 40}, {160, 65}, {74, 300}};
        if (activation == Activation.CLAMPED_SILU && !backend.isPortable()) {
            TestingWeight source = TestingWeight.random(WeightFormat.BF16, 2, 3, random);
            assertThatThrownBy(() -> gated(source, new float[1][3], new float[2], activation, 1, 1))
                    .hasMessageStartingWith(
                            "gatedLinear with CLAMPED_SILU: the native CPU kernels");
            return;
        }
        for (int[] shape : shapes) {
            TestingWeight source =
                    TestingWeight.random(WeightFormat.BF16, shape[0], shape[1], random);
            float[][] x = Guarded.random(75, shape[1], random);
            for (float[] row : x) {
                for (int i = 0; i < row.length; i++) {
                    row[i] = backend.round(row[i] * 0.3f);
                }
            }
            float[] bias = Guarded.random(1, shape[0], random)[0];
            float[][] all = gated(source, x, bias, activation, 75, 2);
            double[][] expected =
                    ReferenceKernels.gatedLinear(
                            backend.inputs(x), decode(source), bias, activation);
            Compare.close(
                    all, expected, backend.tolerance(2e-5), activation + " F " + shape[0] / 2);
            for (int rows : ROWS) {
                float[][] some = gated(source, x, bias, activation, Math.min(rows, 75), 1);
                for (int r = 0; r < some.length; r++) {
                    Compare.sameBits(some[r], all[r], "row " + r + " of " + rows);
                }
            }
        }
    }

    private float[][] gated(
            TestingWeight source,
            float[][] x,
            float[] bias,
            Activation activation,
            int rows,
            int threads) {
        try (Kernels kernels = backend.open(threads)) {
            DType type = backend.activationType();
            Guarded out = new Guarded(kernels, type, rows + 1, source.n() / 2);
            Tensor in = Guarded.of(kernels, type, x).tensor;
            Weight weight = kernels.packGateUp(source);
            Tensor biasTensor = vector(kernels, bias);
            kernels.gatedLinear(out.tensor, in, weight, biasTensor, activation, rows);
            out.check(rows, "gatedLinear");
            return out.rows(rows);
        }
    }

    @ParameterizedTest
    @EnumSource
    void embeddingReadsTheSameWeight(WeightFormat format) {
        Random random = new Random(SEED);
        int n = 67;
        int k = multiple(format, 96);
        TestingWeight source = TestingWeight.random(format, n, k, random);
        int[] ids = random.ints(40, 0, n).toArray();
        try (Kernels kernels = backend.open()) {
            PackedBatch batch = new PackedBatch(kernels, 64, 1, 1);
            batch.resize(ids.length, 1, ids.length);
            kernels.copyIn(ids, ids.length, batch.tokenIds());
            Guarded out = new Guarded(kernels, DType.F32, 41, k);
            kernels.embed(out.tensor, batch, kernels.pack(source), 1f);
            double[][] decoded = decode(source);
            float[][] rows = out.rows(ids.length);
            for (int t = 0; t < ids.length; t++) {
                double[] expected = decoded[ids[t]];
                for (int i = 0; i < k; i++) {
                    assertThat((double) rows[t][i])
                            .as("id %d, input %d, %s", ids[t], i, format)
                            .isCloseTo((float) expected[i], within(backend.readingError(expected)));
                }
            }
            out.check(ids.length, "embed");
        }
    }

    @Test
    void zeroRowsDoNothing() {
        try (Kernels kernels = backend.open()) {
            DType type = backend.activationType();
            TestingWeight source = TestingWeight.random(WeightFormat.F32, 20, 8, new Random(SEED));
            Guarded out = new Guarded(kernels, type, 1, 20);
            Tensor in = new Guarded(kernels, type, 1, 8).tensor;
            kernels.linear(out.tensor, in, kernels.pack(source), null, 0);
            out.check(0, "no rows");
        }
    }

    @Test
    void wrongShapesAreNamed() {
        try (Kernels kernels = backend.open()) {
            DType type = backend.activationType();
            TestingWeight source = TestingWeight.random(WeightFormat.F32, 20, 8, new Random(SEED));
            Weight weight = kernels.pack(source);
            Tensor in = new Guarded(kernels, type, 2, 7).tensor;
            Tensor out = new Guarded(kernels, type, 2, 20).tensor;
            assertThatThrownBy(() -> kernels.linear(out, in, weight, null, 2))
                    .isInstanceOf(KernelException.class)
                    .hasMessage(
                            "linear: in is %s [2, 7]; wanted %s [2 or more, 8]"
                                    .formatted(type, type));
        }
    }
}
