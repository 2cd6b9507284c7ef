package dev.millrace.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The largest output of a product, against the product, the soft cap and the sampler one after another. */
@ParameterizedClass
@MethodSource("dev.millrace.kernels.TestingBackend#all")
final class LinearArgmaxTest {
    private static final long SEED = 20261126;
    private static final int[] ROWS = {1, 3, 17, 65, 129};
    private static final int MOST_ROWS = 130;

    private final TestingBackend backend;
    private final Random random = new Random(SEED);

    LinearArgmaxTest(TestingBackend backend) {
        this.backend = backend;
    }

    @ParameterizedTest
    @EnumSource
    void drawsWhatTheSamplerDraws(WeightFormat format) {
        try (Kernels kernels = backend.open()) {
            int k = Math.max(96, format.blockElements());
            for (int n : new int[] {1, 61, 523}) {
                TestingWeight source = TestingWeight.random(format, n, k, random);
                check(kernels, kernels.pack(source), format + ", " + n);
            }
        }
    }

    @Test
    void drawsWhatTheSamplerDrawsFromQuantisedHeads() {
        List<TestingQuantized> sources =
                List.of(
                        TestingQuantized.int8(203, 96, random),
                        TestingQuantized.e4m3(Quantization.ScaleGrid.ROW, 0, 203, 96, random),
                        TestingQuantized.e4m3(
                                Quantization.ScaleGrid.TENSOR, 0.01f, 203, 96, random),
                        TestingQuantized.e4m3(
                                Quantization.ScaleGrid.BLOCK_128, 0, 203, 300, random),
                        TestingQuantized.groups(4, 32, DType.F16, true, false, 203, 96, random),
                        TestingQuantized.groups(8, 64, DType.BF16, false, true, 203, 128, random));
        try (Kernels kernels = backend.open()) {
            for (TestingQuantized source : sources) {
                check(kernels, kernels.pack(source), source.quantization().toString());
            }
        }
    }

    /** Rows of random numbers, of zeros (all logits tie), of NaN and of infinity. */
    private void check(Kernels kernels, Weight weight, String what) {
        float[][] x = backend.round(Guarded.random(MOST_ROWS, weight.k(), random));
        Arrays.fill(x[1], 0);
        x[2][weight.k() / 2] = Float.NaN;
        x[16][0] = Float.POSITIVE_INFINITY;
        Tensor in = Guarded.of(kernels, backend.activationType(), x).tensor;
        for (float softCap : new float[] {0, 3}) {
            for (int rows : ROWS) {
                assertThat(argmax(kernels, in, weight, softCap, rows))
                        .as("%s, %s, %d rows, cap %f, seed %d", backend, what, rows, softCap, SEED)
                        .isEqualTo(sampled(kernels, in, weight, softCap, rows));
            }
        }
    }

    private static int[] argmax(
            Kernels kernels, Tensor in, Weight weight, float softCap, int rows) {
        Tensor tokenIds = kernels.allocate(DType.INT32, 1, rows + 1, "test");
        int[] ids = new int[rows + 1];
        ids[rows] = -77;
        kernels.copyIn(ids, ids.length, tokenIds);
        kernels.linearArgmax(tokenIds, in, weight, softCap, rows);
        kernels.copyOut(tokenIds, ids.length, ids);
        assertThat(ids[rows]).isEqualTo(-77);
        return Arrays.copyOf(ids, rows);
    }

    private static int[] sampled(
            Kernels kernels, Tensor in, Weight weight, float softCap, int rows) {
        Tensor logits = kernels.allocate(DType.F32, rows, weight.n(), "test");
        kernels.linear(logits, in, weight, null, rows);
        if (softCap != 0) {
            kernels.softCap(logits, softCap, rows);
        }
        SamplingBatch batch = new SamplingBatch(kernels, rows, weight.n());
        int[] none = new int[rows];
        Arrays.fill(none, -1);
        kernels.copyIn(none, rows, batch.numLogprobs);
        float[] ones = new float[rows];
        Arrays.fill(ones, 1);
        kernels.copyIn(ones, rows, batch.repetitionPenalty);
        batch.resize(rows);
        kernels.sample(logits, batch);
        int[] ids = new int[rows];
        kernels.copyOut(batch.tokenIds, rows, ids);
        return ids;
    }

    @Test
    void equalLogitsGiveTheLowestId() {
        int k = 64;
        float[][] x = new float[][] {new float[k], new float[k]};
        x[0][0] = 1;
        x[1][1] = 1;
        // Row 0 meets its largest logit, 2, at ids 37, 70 and 299; row 1 has -3 at id 5 and -4
        // everywhere else.
        float[] values = new float[300 * k];
        for (int id = 0; id < 300; id++) {
            values[id * k] = id == 37 || id == 70 || id == 299 ? 2 : 1;
            values[id * k + 1] = id == 5 ? -3 : -4;
        }
        try (Kernels kernels = backend.open()) {
            Weight weight = kernels.pack(TestingWeight.f32(300, k, values));
            Tensor in = Guarded.of(kernels, backend.activationType(), x).tensor;
            assertThat(argmax(kernels, in, weight, 0, 2)).containsExactly(37, 5);
            // tanh(-3 / 0.1) and tanh(-4 / 0.1) are both -1.
            assertThat(argmax(kernels, in, weight, 0.1f, 2)).containsExactly(0, 0);
        }
    }
}
