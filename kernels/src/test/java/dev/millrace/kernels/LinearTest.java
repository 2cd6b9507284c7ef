package dev.millrace.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.kernels.cpu.Lanes;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

@ParameterizedClass
@MethodSource("dev.millrace.kernels.TestingLanes#all")
final class LinearTest {
    private static final long SEED = 20261122;
    private static final int[] ROWS = {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 29, 73, 145};
    private final Lanes lanes;

    LinearTest(Lanes lanes) {
        this.lanes = lanes;
    }

    private static List<int[]> shapes(WeightFormat format) {
        List<int[]> shapes = new ArrayList<>();
        int[][] sizes = {
            {1, 1}, {1, 7}, {3, 5}, {16, 16}, {17, 31}, {32, 64}, {61, 257}, {96, 300}, {130, 523}
        };
        for (int[] size : sizes) {
            int block = format.blockElements();
            shapes.add(new int[] {size[0], (size[1] + block - 1) / block * block});
        }
        return shapes;
    }

    @ParameterizedTest
    @EnumSource
    void productsAreRightForAnyShape(WeightFormat format) {
        Random random = new Random(SEED);
        try (CpuKernels kernels = new CpuKernels(2, lanes)) {
            for (int[] shape : shapes(format)) {
                TestingWeight source = TestingWeight.random(format, shape[0], shape[1], random);
                Weight weight = kernels.pack(source);
                for (int rows : ROWS) {
                    checkProduct(kernels, source, weight, rows, random);
                }
            }
        }
    }

    private void checkProduct(
            CpuKernels kernels, TestingWeight source, Weight weight, int rows, Random random) {
        String what =
                "%s, %s [%d, %d], %d rows, seed %d"
                        .formatted(
                                lanes.name(), source.format(), source.n(), source.k(), rows, SEED);
        float[][] x = Guarded.random(rows, source.k(), random);
        float[][] bias = Guarded.random(1, source.n(), random);
        boolean withBias = random.nextBoolean();
        Guarded out = new Guarded(rows + 1, source.n());
        Guarded in = Guarded.of(x);
        kernels.linear(
                out.tensor, in.tensor, weight, withBias ? Guarded.of(bias).tensor : null, rows);
        double[][] inputs = ReferenceKernels.doubles(x);
        double[][] decoded = source.decode();
        double[][] magnitude = ReferenceKernels.linearMagnitude(inputs, decoded);
        for (double[] row : magnitude) {
            for (int j = 0; j < row.length; j++) {
                row[j] += withBias ? 1 + Math.abs(bias[0][j]) : 0;
            }
        }
        Compare.close(
                out.rows(rows),
                ReferenceKernels.linear(inputs, decoded, withBias ? bias[0] : null),
                magnitude,
                2e-6,
                what);
        out.check(rows, what);
        in.check(rows, what);
    }

    @ParameterizedTest
    @EnumSource
    void rowsHaveTheSameBitsInAnyBatchOnAnyNumberOfThreads(WeightFormat format) {
        Random random = new Random(SEED);
        int n = 16 * lanes.panelColumns() + 5;
        int k = 608;
        int rows = 150;
        TestingWeight source = TestingWeight.random(format, n, k, random);
        float[][] x = Guarded.random(rows, k, random);
        float[][] expected = product(1, source, x, rows);
        for (int threads = 1; threads <= 3; threads++) {
            for (int batch : ROWS) {
                float[][] actual = product(threads, source, x, batch);
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

    private float[][] product(int threads, TestingWeight source, float[][] x, int rows) {
        try (CpuKernels kernels = new CpuKernels(threads, lanes)) {
            Guarded out = new Guarded(rows, source.n());
            kernels.linear(out.tensor, Guarded.of(x).tensor, kernels.pack(source), null, rows);
            return out.rows(rows);
        }
    }

    @ParameterizedTest
    @EnumSource
    void gatedProductsAreRightAndIndependentOfTheBatch(Activation activation) {
        Random random = new Random(SEED);
        int[][] shapes = {{2, 3}, {64, 40}, {10 * lanes.panelColumns(), 65}, {74, 300}};
        for (int[] shape : shapes) {
            TestingWeight source =
                    TestingWeight.random(WeightFormat.BF16, shape[0], shape[1], random);
            float[][] x = Guarded.random(75, shape[1], random);
            for (float[] row : x) {
                for (int i = 0; i < row.length; i++) {
                    row[i] *= 0.3f;
                }
            }
            float[][] bias = Guarded.random(1, shape[0], random);
            float[][] all = gated(source, x, bias, activation, 75, 2);
            double[][] expected =
                    ReferenceKernels.gatedLinear(
                            ReferenceKernels.doubles(x), source.decode(), bias[0], activation);
            Compare.close(all, expected, 2e-5, activation + " F " + shape[0] / 2);
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
            float[][] bias,
            Activation activation,
            int rows,
            int threads) {
        try (CpuKernels kernels = new CpuKernels(threads, lanes)) {
            Guarded out = new Guarded(rows + 1, source.n() / 2);
            Weight weight = kernels.pack(source);
            Tensor biasTensor = Guarded.of(bias).tensor;
            kernels.gatedLinear(
                    out.tensor, Guarded.of(x).tensor, weight, biasTensor, activation, rows);
            out.check(rows, "gatedLinear");
            return out.rows(rows);
        }
    }

    @ParameterizedTest
    @EnumSource
    void embeddingReadsTheSameWeight(WeightFormat format) {
        Random random = new Random(SEED);
        int n = 67;
        int k = 96;
        TestingWeight source = TestingWeight.random(format, n, k, random);
        int[] ids = random.ints(40, 0, n).toArray();
        try (CpuKernels kernels = new CpuKernels(2, lanes)) {
            PackedBatch batch = new PackedBatch(kernels, 64, 1, 1);
            batch.resize(ids.length, 1, ids.length);
            kernels.copyIn(ids, ids.length, batch.tokenIds());
            Guarded out = new Guarded(41, k);
            kernels.embed(out.tensor, batch, kernels.pack(source), 1f);
            double[][] decoded = source.decode();
            for (int t = 0; t < ids.length; t++) {
                for (int i = 0; i < k; i++) {
                    assertThat(out.row(t)[i])
                            .as("id %d, input %d, %s", ids[t], i, format)
                            .isEqualTo((float) decoded[ids[t]][i]);
                }
            }
            out.check(ids.length, "embed");
        }
    }

    @Test
    void zeroRowsDoNothing() {
        try (CpuKernels kernels = new CpuKernels(2, lanes)) {
            TestingWeight source = TestingWeight.random(WeightFormat.F32, 20, 8, new Random(SEED));
            Guarded out = new Guarded(1, 20);
            kernels.linear(out.tensor, new Guarded(1, 8).tensor, kernels.pack(source), null, 0);
            out.check(0, "no rows");
        }
    }

    @Test
    void wrongShapesAreNamed() {
        try (CpuKernels kernels = new CpuKernels(1, lanes)) {
            TestingWeight source = TestingWeight.random(WeightFormat.F32, 20, 8, new Random(SEED));
            Weight weight = kernels.pack(source);
            Tensor in = new Guarded(2, 7).tensor;
            Tensor out = new Guarded(2, 20).tensor;
            assertThatThrownBy(() -> kernels.linear(out, in, weight, null, 2))
                    .isInstanceOf(KernelException.class)
                    .hasMessage("linear: in is F32 [2, 7]; wanted F32 [2 or more, 8]");
        }
    }
}
