package dev.millrace.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Norms that quantise what they write, against norms to A and the product's own quantising. */
@ParameterizedClass
@MethodSource("dev.millrace.kernels.TestingBackend#allThatRound")
final class QuantizedNormTest {
    private static final long SEED = 20261126;
    private static final int ROWS = 9;
    private static final float EPSILON = 1e-5f;

    private final TestingBackend backend;
    private final Random random = new Random(SEED);

    QuantizedNormTest(TestingBackend backend) {
        this.backend = backend;
    }

    @Test
    void productsGetTheSameBitsWhoeverQuantises() {
        try (Kernels kernels = backend.open()) {
            for (int k : new int[] {5, 64, 202, 1028, 4100}) {
                for (QuantizedSource source : sources(k)) {
                    Weight weight = kernels.pack(source);
                    assertThat(kernels.inputType(weight).sizeBytes()).isOne();
                    check(kernels, weight, false, source + ", " + k);
                    check(kernels, kernels.packGateUp(source), true, source + ", gated, " + k);
                }
            }
        }
    }

    private List<QuantizedSource> sources(int k) {
        return backend.isCuda()
                ? List.of(
                        TestingQuantized.int8(20, k, random),
                        TestingQuantized.e4m3(Quantization.ScaleGrid.ROW, 0, 20, k, random),
                        TestingQuantized.e4m3(Quantization.ScaleGrid.TENSOR, 0, 20, k, random))
                : backend.roundsActivations()
                        ? List.of(TestingQuantized.int8(20, k, random))
                        : List.of();
    }

    private void check(Kernels kernels, Weight weight, boolean gated, String what) {
        float[][] x = Guarded.random(ROWS, weight.k(), random);
        x[3] = new float[weight.k()];
        x[4][0] = 3000;
        float[][] delta = backend.round(Guarded.random(ROWS, weight.k(), random));
        delta[3] = new float[weight.k()];
        Tensor norm = Guarded.of(kernels, DType.F32, Guarded.random(1, weight.k(), random)).tensor;
        DType a = backend.activationType();
        for (boolean add : new boolean[] {false, true}) {
            float[][][] products = new float[2][][];
            float[][][] residuals = new float[2][][];
            for (int way = 0; way < 2; way++) {
                Guarded residual = Guarded.of(kernels, DType.F32, x);
                Tensor out =
                        way == 0
                                ? kernels.allocate(a, ROWS, weight.k(), "test")
                                : quantised(kernels, weight);
                if (add) {
                    Tensor added = Guarded.of(kernels, a, delta).tensor;
                    kernels.addRmsNorm(out, residual.tensor, added, norm, EPSILON, ROWS);
                } else {
                    kernels.rmsNorm(out, residual.tensor, norm, EPSILON, ROWS);
                }
                products[way] = product(kernels, weight, gated, out);
                residuals[way] = residual.rows(ROWS);
            }
            for (int r = 0; r < ROWS; r++) {
                String where = backend + ", " + what + ", row " + r + ", seed " + SEED;
                Compare.sameBits(products[1][r], products[0][r], where);
                Compare.sameBits(residuals[1][r], residuals[0][r], where);
            }
            assertThat(products[0][0]).isNotEqualTo(products[0][3]);
        }
    }

    private static Tensor quantised(Kernels kernels, Weight weight) {
        Tensor scales = kernels.allocate(DType.F32, 1, ROWS, "test");
        return kernels.allocate(kernels.inputType(weight), ROWS, weight.k(), "test")
                .withScales(scales);
    }

    private float[][] product(Kernels kernels, Weight weight, boolean gated, Tensor in) {
        DType type = gated ? backend.activationType() : DType.F32;
        Guarded out = new Guarded(kernels, type, ROWS, gated ? weight.n() / 2 : weight.n());
        if (gated) {
            kernels.gatedLinear(out.tensor, in, weight, null, Activation.SILU, ROWS);
        } else {
            kernels.linear(out.tensor, in, weight, null, ROWS);
        }
        return out.rows(ROWS);
    }

    @Test
    void plainWeightsTakeRowsOfA() {
        try (Kernels kernels = backend.open()) {
            Weight weight = kernels.pack(TestingWeight.random(WeightFormat.BF16, 8, 32, random));
            DType bytes = backend.roundsWeights() ? DType.INT8 : backend.activationType();
            assertThat(kernels.inputType(weight)).isEqualTo(bytes);
        }
    }

    @Test
    void rowsOfBytesWithoutScalesAreRefused() {
        try (Kernels kernels = backend.open()) {
            Tensor in = kernels.allocate(DType.F32, 2, 32, "test");
            Tensor norm = kernels.allocate(DType.F32, 1, 32, "test");
            assertThatThrownBy(() -> normToBytes(kernels, in, norm))
                    .isInstanceOf(KernelException.class)
                    .hasMessageContaining(
                            backend.hasTensorsOfBytes() ? "scales" : "no tensors of INT8");
        }
    }

    private static void normToBytes(Kernels kernels, Tensor in, Tensor norm) {
        Tensor out = kernels.allocate(DType.INT8, 2, 32, "test");
        kernels.rmsNorm(out, in, norm, EPSILON, 2);
    }
}
