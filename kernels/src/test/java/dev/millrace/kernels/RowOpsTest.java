package dev.millrace.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Norms, rotary embedding, gather, soft cap and log-probabilities. */
@Tag("kernels")
@ParameterizedClass
@MethodSource("dev.millrace.kernels.TestingBackend#all")
final class RowOpsTest {
    private static final long SEED = 20261122;
    private static final float EPSILON = 1e-5f;
    private static final int[] SIZES = {1, 3, 8, 16, 31, 64, 97, 576, 2048};
    private final TestingBackend backend;
    private final DType activation;

    RowOpsTest(TestingBackend backend) {
        this.backend = backend;
        activation = backend.activationType();
    }

    @Test
    void normsAreRightAndIndependentOfTheBatch() {
        Random random = new Random(SEED);
        for (int size : SIZES) {
            float[][] x = Guarded.random(40, size, random);
            float[][] weight = Guarded.random(1, size, random);
            String what = "rmsNorm of %d, seed %d".formatted(size, SEED);
            float[][] all = norm(x, weight, 40, 3, what);
            Compare.close(
                    all,
                    ReferenceKernels.rmsNorm(ReferenceKernels.doubles(x), weight[0], EPSILON),
                    backend.tolerance(2e-6),
                    what);
            float[][] first = norm(x, weight, 1, 1, what);
            Compare.sameBits(first[0], all[0], what);
        }
    }

    private float[][] norm(float[][] x, float[][] weight, int rows, int threads, String what) {
        try (Kernels kernels = backend.open(threads)) {
            Guarded in = Guarded.of(kernels, DType.F32, x);
            Guarded out = new Guarded(kernels, activation, rows + 1, x[0].length);
            Tensor weights = Guarded.of(kernels, DType.F32, weight).tensor;
            kernels.rmsNorm(out.tensor, in.tensor, weights, EPSILON, rows);
            out.check(rows, what);
            return out.rows(rows);
        }
    }

    @Test
    void theResidualIsUpdatedBeforeItsNorm() {
        Random random = new Random(SEED);
        for (int size : SIZES) {
            float[][] residual = Guarded.random(5, size, random);
            float[][] delta = backend.round(Guarded.random(5, size, random));
            float[][] weight = Guarded.random(1, size, random);
            double[][] sum = new double[5][size];
            for (int r = 0; r < 5; r++) {
                for (int i = 0; i < size; i++) {
                    sum[r][i] = residual[r][i] + delta[r][i];
                }
            }
            try (Kernels kernels = backend.open()) {
                Guarded inPlace = Guarded.of(kernels, DType.F32, residual);
                Guarded out = new Guarded(kernels, activation, 6, size);
                kernels.addRmsNorm(
                        out.tensor,
                        inPlace.tensor,
                        Guarded.of(kernels, activation, delta).tensor,
                        Guarded.of(kernels, DType.F32, weight).tensor,
                        EPSILON,
                        5);
                String what = "addRmsNorm of %d, seed %d".formatted(size, SEED);
                Compare.close(inPlace.rows(5), sum, 1e-7, what);
                Compare.close(
                        out.rows(5),
                        ReferenceKernels.rmsNorm(sum, weight[0], EPSILON),
                        backend.tolerance(2e-6),
                        what);
                out.check(5, what);
                inPlace.check(5, what);
            }
        }
    }

    @Test
    void eachHeadHasItsOwnNorm() {
        Random random = new Random(SEED);
        for (int headDim : new int[] {5, 32, 80, 128, 1100}) {
            float[][] heads = backend.round(Guarded.random(7, 3 * headDim, random));
            float[][] weight = Guarded.random(1, headDim, random);
            try (Kernels kernels = backend.open()) {
                Guarded inPlace = Guarded.of(kernels, activation, heads);
                Tensor weights = Guarded.of(kernels, DType.F32, weight).tensor;
                kernels.headRmsNorm(inPlace.tensor, weights, EPSILON, 7);
                String what = "headRmsNorm of %d, seed %d".formatted(headDim, SEED);
                Compare.close(
                        inPlace.rows(7),
                        ReferenceKernels.rmsNorm(
                                ReferenceKernels.doubles(heads), weight[0], EPSILON),
                        backend.tolerance(2e-6),
                        what);
                inPlace.check(7, what);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void queriesAndKeysTurnByTheirPositions(boolean interleaved) {
        Random random = new Random(SEED);
        int headDim = 24;
        int rotaryDim = 16;
        int tokens = 19;
        float[][] cos = Guarded.random(50, rotaryDim / 2, random);
        float[][] sin = Guarded.random(50, rotaryDim / 2, random);
        float[][] q = backend.round(Guarded.random(tokens, 4 * headDim, random));
        float[][] k = backend.round(Guarded.random(tokens, 2 * headDim, random));
        int[] positions = random.ints(tokens, 0, 50).toArray();
        int[] slots = new int[tokens];
        try (Kernels kernels = backend.open()) {
            KvCache cache = kernels.allocateKvCache(new KvShape(1, 4, 8, 2, headDim));
            PackedBatch batch = new PackedBatch(kernels, tokens, 1, 4);
            batch.resize(tokens, 1, tokens);
            for (int t = 0; t < tokens; t++) {
                slots[t] = tokens - t;
            }
            kernels.copyIn(positions, tokens, batch.positions());
            kernels.copyIn(slots, tokens, batch.slotMapping());
            Guarded queries = Guarded.of(kernels, activation, q);
            Rope rope =
                    new Rope(
                            Guarded.of(kernels, DType.F32, cos).tensor,
                            Guarded.of(kernels, DType.F32, sin).tensor,
                            rotaryDim,
                            interleaved);
            kernels.ropeAndStoreKv(
                    queries.tensor,
                    Guarded.of(kernels, activation, k).tensor,
                    Guarded.of(kernels, activation, k).tensor,
                    rope,
                    batch,
                    cache,
                    0);
            queries.check(tokens, "rope");
            TestingCache stored = new TestingCache(kernels, cache);
            float[] keys = stored.read(cache.keys().get(0));
            float[] values = stored.read(cache.values().get(0));
            for (int t = 0; t < tokens; t++) {
                int p = positions[t];
                double[][] wanted = {
                    ReferenceKernels.rope(q[t], headDim, cos[p], sin[p], interleaved),
                    ReferenceKernels.rope(k[t], headDim, cos[p], sin[p], interleaved),
                    ReferenceKernels.doubles(k)[t]
                };
                float[][] actual = {
                    queries.row(t), stored.key(keys, slots[t]), stored.value(values, slots[t])
                };
                double tolerance = backend.tolerance(1e-6);
                Compare.close(actual, wanted, tolerance, "token " + t + ", seed " + SEED);
            }
        }
    }

    @Test
    void gatheredRowsAreCopies() {
        Random random = new Random(SEED);
        float[][] x = backend.round(Guarded.random(9, 33, random));
        try (Kernels kernels = backend.open()) {
            Tensor indexes = kernels.allocate(DType.INT32, 1, 4, "test");
            kernels.copyIn(new int[] {8, 0, 0, 5}, 4, indexes);
            Guarded in = Guarded.of(kernels, activation, x);
            Guarded out = new Guarded(kernels, activation, 5, 33);
            kernels.gatherRows(out.tensor, in.tensor, indexes, 4);
            out.check(4, "gatherRows");
            assertThat(out.rows(4)).isDeepEqualTo(new float[][] {x[8], x[0], x[0], x[5]});
            kernels.copyIn(new int[] {9}, 1, indexes);
            if (backend.isCuda()) {
                kernels.gatherRows(out.tensor, in.tensor, indexes, 1);
                assertThat(out.row(0)).as("a row that is not there").isEqualTo(x[8]);
            } else {
                assertThatThrownBy(() -> kernels.gatherRows(out.tensor, in.tensor, indexes, 1))
                        .isInstanceOf(KernelException.class)
                        .hasMessageContaining("row 9");
            }
        }
    }

    @Test
    void softCapBoundsLogits() {
        Random random = new Random(SEED);
        float[][] x = Guarded.random(3, 101, random);
        double[][] expected = new double[3][101];
        for (int r = 0; r < 3; r++) {
            for (int i = 0; i < 101; i++) {
                x[r][i] *= (float) Math.pow(10, random.nextInt(6) - 3);
                expected[r][i] = 30 * Math.tanh(x[r][i] / 30.0);
            }
        }
        try (Kernels kernels = backend.open()) {
            Guarded logits = Guarded.of(kernels, DType.F32, x);
            kernels.softCap(logits.tensor, 30f, 3);
            logits.check(3, "softCap");
            float[][] capped = logits.rows(3);
            for (int r = 0; r < 3; r++) {
                for (int i = 0; i < 101; i++) {
                    assertThat((double) capped[r][i])
                            .isCloseTo(
                                    expected[r][i],
                                    org.assertj.core.data.Offset.offset(
                                            4e-7 * Math.abs(expected[r][i])));
                }
            }
        }
    }

    @Test
    void aRowWithANumberMissingHasNoLogprob() {
        float[][] x = Guarded.random(3, 1500, new Random(SEED));
        x[0][1201] = Float.NaN;
        x[1][7] = Float.POSITIVE_INFINITY;
        try (Kernels kernels = backend.open()) {
            Tensor out = kernels.allocate(DType.F32, 1, 3, "test");
            Tensor ids = kernels.allocate(DType.INT32, 1, 3, "test");
            kernels.copyIn(new int[] {3, 3, 3}, 3, ids);
            kernels.tokenLogprobs(out, Guarded.of(kernels, DType.F32, x).tensor, ids, 3);
            float[] actual = new float[3];
            kernels.copyOut(out, 3, actual);
            assertThat(actual[0]).isNaN();
            assertThat(actual[1]).isNaN();
            assertThat(actual[2]).isFinite();
        }
    }

    @Test
    void logprobsMatchTheReference() {
        Random random = new Random(SEED);
        for (int v : new int[] {1, 7, 100, 1024, 4099}) {
            float[][] x = Guarded.random(6, v, random);
            int[] targets = random.ints(6, 0, v).toArray();
            try (Kernels kernels = backend.open()) {
                Tensor out = kernels.allocate(DType.F32, 1, 6, "test");
                Tensor ids = kernels.allocate(DType.INT32, 1, 6, "test");
                kernels.copyIn(targets, 6, ids);
                kernels.tokenLogprobs(out, Guarded.of(kernels, DType.F32, x).tensor, ids, 6);
                float[] actual = new float[6];
                kernels.copyOut(out, 6, actual);
                for (int r = 0; r < 6; r++) {
                    assertThat((double) actual[r])
                            .as("row %d of %d, seed %d", r, v, SEED)
                            .isCloseTo(
                                    ReferenceKernels.logprob(x[r], targets[r]),
                                    org.assertj.core.data.Offset.offset(2e-6));
                }
            }
        }
    }
}
