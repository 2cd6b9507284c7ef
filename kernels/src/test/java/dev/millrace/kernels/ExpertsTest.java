package dev.millrace.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The choice of experts, their products over sorted rows, and the sum of what they give. */
@ParameterizedClass
@MethodSource("dev.millrace.kernels.TestingBackend#portables")
final class ExpertsTest {
    private static final long SEED = 20261127;
    private static final int[][] SHAPES = {{1, 1}, {4, 2}, {6, 3}, {33, 4}, {130, 32}};
    private final TestingBackend backend;
    private final DType activation;

    ExpertsTest(TestingBackend backend) {
        this.backend = backend;
        activation = backend.activationType();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theLargestLogitsAreChosen(boolean normalized) {
        Random random = new Random(SEED);
        for (int[] shape : SHAPES) {
            int experts = shape[0];
            int perToken = shape[1];
            float[][] logits = Guarded.random(19, experts, random);
            // Equal ones go by rising expert.
            for (int e = 0; e < experts; e++) {
                logits[3][e] = 0.5f;
                logits[4][e] = e % 2;
            }
            try (Kernels kernels = backend.open()) {
                ExpertRouting routing = new ExpertRouting(kernels, 25, experts, perToken);
                Tensor in = Guarded.of(kernels, DType.F32, logits).tensor;
                kernels.routeExperts(routing, in, normalized, 19);
                int[] chosen = ints(kernels, routing.experts(), 19 * perToken);
                float[] weights = new float[19 * perToken];
                kernels.copyOut(routing.weights(), weights.length, weights);
                for (int t = 0; t < 19; t++) {
                    checkChoice(logits[t], chosen, weights, t, perToken, normalized);
                }
                checkSorted(kernels, routing, chosen, 19);
            }
        }
    }

    private static void checkChoice(
            float[] logits,
            int[] chosen,
            float[] weights,
            int t,
            int perToken,
            boolean normalized) {
        double[] doubles = ReferenceKernels.doubles(new float[][] {logits})[0];
        List<Integer> ranked = ReferenceKernels.ranked(doubles);
        double sum = 0;
        for (int i = 0; i < (normalized ? perToken : logits.length); i++) {
            sum += Math.exp(doubles[ranked.get(i)]);
        }
        for (int c = 0; c < perToken; c++) {
            int at = t * perToken + c;
            assertThat(chosen[at]).as("token %d, seed %d", t, SEED).isEqualTo(ranked.get(c));
            assertThat(weights[at] * sum / Math.exp(doubles[chosen[at]]))
                    .isBetween(1 - 4e-6, 1 + 4e-6);
        }
    }

    private static void checkSorted(
            Kernels kernels, ExpertRouting routing, int[] chosen, int tokens) {
        int choices = tokens * routing.perToken();
        int[] rows = ints(kernels, routing.rows(), choices);
        int[] tokenOf = ints(kernels, routing.tokens(), choices);
        int[] starts = ints(kernels, routing.starts(), routing.numExperts() + 1);
        assertThat(starts[0]).isZero();
        int next = 0;
        for (int e = 0; e < routing.numExperts(); e++) {
            for (int i = 0; i < choices; i++) {
                if (chosen[i] == e) {
                    assertThat(rows[i]).isEqualTo(next);
                    assertThat(tokenOf[next++]).isEqualTo(i / routing.perToken());
                }
            }
            assertThat(starts[e + 1]).isEqualTo(next);
        }
    }

    private static int[] ints(Kernels kernels, Tensor tensor, int count) {
        int[] values = new int[count];
        kernels.copyOut(tensor, count, values);
        return values;
    }

    /** One layer's weights, and what they mean to the backend. */
    private final class Layer {
        final int hidden;
        final int size;
        final List<double[][]> gateUp = new ArrayList<>();
        final List<double[][]> down = new ArrayList<>();
        final float[][] gateUpBias;
        final float[][] downBias;
        private final List<TestingWeight> gateUpSources = new ArrayList<>();
        private final List<TestingWeight> downSources = new ArrayList<>();

        Layer(int experts, int hidden, int size, Random random) {
            this.hidden = hidden;
            this.size = size;
            WeightFormat format =
                    switch (activation) {
                        case BF16 -> WeightFormat.BF16;
                        case F16 -> WeightFormat.F16;
                        default -> WeightFormat.F32;
                    };
            for (int e = 0; e < experts; e++) {
                gateUpSources.add(TestingWeight.random(format, 2 * size, hidden, random));
                downSources.add(TestingWeight.random(format, hidden, size, random));
                gateUp.add(gateUpSources.get(e).decode());
                down.add(downSources.get(e).decode());
            }
            gateUpBias = Guarded.random(experts, 2 * size, random);
            downBias = Guarded.random(experts, hidden, random);
        }

        ExpertWeight packGateUp(Kernels kernels) {
            return kernels.group(gateUpSources.stream().map(kernels::packGateUp).toList());
        }

        ExpertWeight packDown(Kernels kernels) {
            return kernels.group(downSources.stream().map(kernels::pack).toList());
        }
    }

    @Test
    void productsOfSortedRowsAreThoseOfTheirExperts() {
        Random random = new Random(SEED);
        for (int[] sizes : new int[][] {{4, 2, 64, 96}, {6, 3, 40, 24}, {3, 1, 72, 130}}) {
            Layer layer = new Layer(sizes[0], sizes[2], sizes[3], random);
            float[][] x = backend.round(Guarded.random(45, layer.hidden, random));
            float[][] logits = Guarded.random(45, sizes[0], random);
            for (Activation function : Activation.values()) {
                check(layer, x, logits, sizes[1], function);
            }
        }
    }

    private void check(
            Layer layer, float[][] x, float[][] logits, int perToken, Activation function) {
        int tokens = x.length;
        int choices = tokens * perToken;
        try (Kernels kernels = backend.open()) {
            Run run = new Run(kernels, layer, x, logits, perToken, function, tokens);
            int[] chosen = ints(kernels, run.routing.experts(), choices);
            int[] rows = ints(kernels, run.routing.rows(), choices);
            float[][] inner = run.inner.rows(choices);
            float[][] sorted = run.down.rows(choices);
            float[] weights = new float[choices];
            kernels.copyOut(run.routing.weights(), choices, weights);
            double[][] sums = new double[tokens][layer.hidden];
            for (int i = 0; i < choices; i++) {
                int e = chosen[i];
                double[][] in = ReferenceKernels.doubles(new float[][] {x[i / perToken]});
                compare(
                        inner[rows[i]],
                        ReferenceKernels.gatedLinear(
                                in, layer.gateUp.get(e), layer.gateUpBias[e], function)[0],
                        "gated " + function);
                double[][] given = ReferenceKernels.doubles(new float[][] {inner[rows[i]]});
                compare(
                        sorted[rows[i]],
                        ReferenceKernels.linear(given, layer.down.get(e), layer.downBias[e])[0],
                        "down");
                for (int j = 0; j < layer.hidden; j++) {
                    sums[i / perToken][j] += weights[i] * (double) sorted[rows[i]][j];
                }
            }
            for (int t = 0; t < tokens; t++) {
                compare(run.out.rows(tokens)[t], sums[t], "sum");
            }
            run.inner.check(choices, "inner");
            run.out.check(tokens, "out");
        }
    }

    /** Errors are relative to the row's largest value: its elements are sums of like magnitude. */
    private void compare(float[] actual, double[] expected, String what) {
        double largest = 1;
        for (double value : expected) {
            largest = Math.max(largest, Math.abs(value));
        }
        for (int i = 0; i < expected.length; i++) {
            assertThat(Math.abs(actual[i] - expected[i]) / largest)
                    .as("%s, element %d, seed %d", what, i, SEED)
                    .isLessThan(backend.tolerance(2e-5));
        }
    }

    /** All operations of a layer, over the first {@code tokens} rows. */
    private final class Run {
        final ExpertRouting routing;
        final Guarded inner;
        final Guarded down;
        final Guarded out;

        Run(
                Kernels kernels,
                Layer layer,
                float[][] x,
                float[][] logits,
                int perToken,
                Activation function,
                int tokens) {
            int choices = tokens * perToken;
            routing = new ExpertRouting(kernels, tokens + 2, logits[0].length, perToken);
            kernels.routeExperts(
                    routing, Guarded.of(kernels, DType.F32, logits).tensor, true, tokens);
            Guarded sorted = new Guarded(kernels, activation, choices + 1, layer.hidden);
            inner = new Guarded(kernels, activation, choices + 1, layer.size);
            down = new Guarded(kernels, activation, choices + 1, layer.hidden);
            out = new Guarded(kernels, activation, tokens + 1, layer.hidden);
            Tensor in = Guarded.of(kernels, activation, x).tensor;
            kernels.gatherRows(sorted.tensor, in, routing.tokens(), choices);
            kernels.expertGatedLinear(
                    inner.tensor,
                    sorted.tensor,
                    layer.packGateUp(kernels),
                    biases(kernels, layer.gateUpBias),
                    function,
                    routing,
                    tokens);
            kernels.expertLinear(
                    down.tensor,
                    inner.tensor,
                    layer.packDown(kernels),
                    biases(kernels, layer.downBias),
                    routing,
                    tokens);
            kernels.combineExperts(out.tensor, down.tensor, routing, tokens);
        }
    }

    /** Rows without gaps. */
    private static Tensor biases(Kernels kernels, float[][] values) {
        Tensor tensor = kernels.allocate(DType.F32, values.length, values[0].length, "test");
        float[] flat = new float[values.length * values[0].length];
        for (int r = 0; r < values.length; r++) {
            System.arraycopy(values[r], 0, flat, r * values[r].length, values[r].length);
        }
        kernels.copyIn(flat, flat.length, tensor);
        return tensor;
    }

    @Test
    void aTokenHasTheSameBitsWhateverTheBatch() {
        Random random = new Random(SEED);
        Layer layer = new Layer(5, 64, 48, random);
        float[][] x = backend.round(Guarded.random(200, 64, random));
        float[][] logits = Guarded.random(200, 5, random);
        float[][] all = outputs(layer, x, logits, 200);
        for (int tokens : new int[] {1, 2, 7, 33}) {
            float[][] some = outputs(layer, x, logits, tokens);
            for (int t = 0; t < tokens; t++) {
                Compare.sameBits(some[t], all[t], "token %d of %d".formatted(t, tokens));
            }
        }
    }

    private float[][] outputs(Layer layer, float[][] x, float[][] logits, int tokens) {
        try (Kernels kernels = backend.open(3)) {
            return new Run(kernels, layer, x, logits, 2, Activation.SILU, tokens).out.rows(tokens);
        }
    }

    @Test
    void whatDoesNotFitIsRefused() {
        try (Kernels kernels = backend.open()) {
            assertThatThrownBy(() -> new ExpertRouting(kernels, 4, 4, 5))
                    .isInstanceOf(KernelException.class)
                    .hasMessageContaining("5 of 4");
            Random random = new Random(SEED);
            List<Weight> unequal =
                    List.of(
                            kernels.pack(TestingWeight.random(WeightFormat.BF16, 8, 8, random)),
                            kernels.pack(TestingWeight.random(WeightFormat.BF16, 8, 16, random)));
            assertThatThrownBy(() -> kernels.group(unequal)).isInstanceOf(KernelException.class);
            List<Weight> codes = List.of(kernels.pack(TestingQuantized.int8(8, 64, random)));
            assertThatThrownBy(() -> kernels.group(codes))
                    .isInstanceOf(KernelException.class)
                    .hasMessageContaining("experts");
        }
    }
}
