package dev.millrace.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.kernels.cpu.PhiloxTest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("kernels")
@ParameterizedClass
@MethodSource("dev.millrace.kernels.TestingBackend#all")
final class SamplingTest {
    private static final long SEED = 20261122;
    private final TestingBackend backend;

    SamplingTest(TestingBackend backend) {
        this.backend = backend;
    }

    /** One row's settings; the defaults are greedy and plain. */
    private static final class Row {
        float[] logits;
        float temperature;
        int topK;
        float topP = 1;
        float minP;
        float repetition = 1;
        float presence;
        float frequency;
        long seed;
        int position;
        int numLogprobs = -1;
        int[] prompt = {};
        int[] generated = {};
        int[] biasIds = {};
        float[] biasValues = {};
        int[] allowed;

        Row(float... logits) {
            this.logits = logits;
        }
    }

    private record Drawn(int[] ids, float[] logprobs, int[][] topIds, float[][] topLogprobs) {}

    private Drawn sample(int threads, List<Row> rows) {
        int v = rows.get(0).logits.length;
        try (Kernels kernels = backend.open(threads)) {
            SamplingBatch batch = new SamplingBatch(kernels, rows.size() + 2, v);
            batch.reserve(kernels, 4096, 512);
            batch.resize(rows.size());
            float[][] logits = new float[rows.size()][];
            for (int r = 0; r < rows.size(); r++) {
                logits[r] = rows.get(r).logits;
            }
            fill(kernels, batch, rows);
            fillRagged(kernels, batch, rows);
            Guarded guarded = Guarded.of(kernels, DType.F32, logits);
            kernels.sample(guarded.tensor, batch);
            guarded.check(rows.size(), "sample");
            return drawn(kernels, batch, rows.size());
        }
    }

    private static void fill(Kernels kernels, SamplingBatch batch, List<Row> rows) {
        floats(kernels, batch.temperature, rows, row -> row.temperature);
        ints(kernels, batch.topK, rows, row -> row.topK);
        floats(kernels, batch.topP, rows, row -> row.topP);
        floats(kernels, batch.minP, rows, row -> row.minP);
        floats(kernels, batch.repetitionPenalty, rows, row -> row.repetition);
        floats(kernels, batch.presencePenalty, rows, row -> row.presence);
        floats(kernels, batch.frequencyPenalty, rows, row -> row.frequency);
        long[] seeds = rows.stream().mapToLong(row -> row.seed).toArray();
        kernels.copyIn(seeds, seeds.length, batch.seed);
        ints(kernels, batch.position, rows, row -> row.position);
        ints(kernels, batch.numLogprobs, rows, row -> row.numLogprobs);
        ints(kernels, batch.promptLens, rows, row -> row.prompt.length);
        ints(kernels, batch.masked, rows, row -> row.allowed == null ? 0 : 1);
        int words = batch.allowed.columns();
        int[] allowed = new int[rows.size() * words];
        for (int r = 0; r < rows.size(); r++) {
            for (int id : rows.get(r).allowed == null ? new int[0] : rows.get(r).allowed) {
                allowed[r * words + id / 32] |= 1 << (id % 32);
            }
        }
        kernels.copyIn(allowed, allowed.length, batch.allowed);
    }

    private static void ints(
            Kernels kernels, Tensor target, List<Row> rows, ToIntFunction<Row> value) {
        int[] values = rows.stream().mapToInt(value).toArray();
        kernels.copyIn(values, values.length, target);
    }

    private static void floats(
            Kernels kernels, Tensor target, List<Row> rows, ToDoubleFunction<Row> value) {
        float[] values = new float[rows.size()];
        for (int r = 0; r < values.length; r++) {
            values[r] = (float) value.applyAsDouble(rows.get(r));
        }
        kernels.copyIn(values, values.length, target);
    }

    private static void fillRagged(Kernels kernels, SamplingBatch batch, List<Row> rows) {
        int[] history = new int[4096];
        int[] cuHistory = new int[rows.size() + 1];
        int[] biasIds = new int[512];
        float[] biasValues = new float[512];
        int[] cuBias = new int[rows.size() + 1];
        for (int r = 0; r < rows.size(); r++) {
            Row row = rows.get(r);
            int at = cuHistory[r];
            System.arraycopy(row.prompt, 0, history, at, row.prompt.length);
            at += row.prompt.length;
            System.arraycopy(row.generated, 0, history, at, row.generated.length);
            cuHistory[r + 1] = at + row.generated.length;
            System.arraycopy(row.biasIds, 0, biasIds, cuBias[r], row.biasIds.length);
            System.arraycopy(row.biasValues, 0, biasValues, cuBias[r], row.biasIds.length);
            cuBias[r + 1] = cuBias[r] + row.biasIds.length;
        }
        kernels.copyIn(history, history.length, batch.history());
        kernels.copyIn(cuHistory, cuHistory.length, batch.cuHistory);
        kernels.copyIn(biasIds, biasIds.length, batch.biasIds());
        kernels.copyIn(biasValues, biasValues.length, batch.biasValues());
        kernels.copyIn(cuBias, cuBias.length, batch.cuBias);
    }

    private static Drawn drawn(Kernels kernels, SamplingBatch batch, int rows) {
        int most = SamplingBatch.MAX_LOGPROBS;
        int[] ids = new int[rows];
        float[] logprobs = new float[rows];
        int[] allIds = new int[rows * most];
        float[] allLogprobs = new float[rows * most];
        kernels.copyOut(batch.tokenIds, rows, ids);
        kernels.copyOut(batch.logprobs, rows, logprobs);
        kernels.copyOut(batch.topIds, allIds.length, allIds);
        kernels.copyOut(batch.topLogprobs, allLogprobs.length, allLogprobs);
        int[][] topIds = new int[rows][];
        float[][] topLogprobs = new float[rows][];
        for (int r = 0; r < rows; r++) {
            topIds[r] = Arrays.copyOfRange(allIds, r * most, (r + 1) * most);
            topLogprobs[r] = Arrays.copyOfRange(allLogprobs, r * most, (r + 1) * most);
        }
        return new Drawn(ids, logprobs, topIds, topLogprobs);
    }

    private int draw(Row row) {
        return sample(1, List.of(row)).ids[0];
    }

    /** The row drawn at positions 0 to {@code count}, in one batch. */
    private int[] draws(Row row, int count) {
        List<Row> rows = new ArrayList<>();
        for (int position = 0; position < count; position++) {
            Row copy = new Row(row.logits);
            copy.temperature = row.temperature;
            copy.topK = row.topK;
            copy.topP = row.topP;
            copy.seed = row.seed;
            copy.position = position;
            copy.allowed = row.allowed;
            rows.add(copy);
        }
        return sample(2, rows).ids;
    }

    private static float[] randomLogits(int v, Random random) {
        float[] logits = Guarded.random(1, v, random)[0];
        for (int i = 0; i < v; i++) {
            logits[i] *= 4;
        }
        return logits;
    }

    @Test
    void greedyTakesTheLargestAndTheLowestIdOfEquals() {
        assertThat(draw(new Row(1, 3, 2, 3))).isEqualTo(1);
        float[] logits = new float[5000];
        logits[4000] = 1;
        logits[2500] = 1;
        assertThat(draw(new Row(logits))).isEqualTo(2500);
    }

    @Test
    void brokenRowsGiveNoTokenAndHurtNoOther() {
        float infinity = Float.POSITIVE_INFINITY;
        Row good = new Row(0, 5, 1);
        Row nan = new Row(0, Float.NaN, 9);
        Row infinite = new Row(0, infinity, 9);
        Row nothing = new Row(-infinity, -infinity, -infinity);
        Row forbidden = new Row(1, 2, 3);
        forbidden.allowed = new int[0];
        for (float temperature : new float[] {0, 1}) {
            for (Row row : List.of(nan, infinite, nothing, forbidden)) {
                row.temperature = temperature;
                row.numLogprobs = temperature == 0 ? -1 : 2;
            }
            List<Row> rows = List.of(nan, good, infinite, good, nothing, good, forbidden);
            assertThat(sample(2, rows).ids).containsExactly(-1, 1, -1, 1, -1, 1, -1);
        }
    }

    @Test
    void onlyAllowedTokensAreDrawn() {
        Random random = new Random(SEED);
        Row row = new Row(randomLogits(100, random));
        row.temperature = 5;
        row.allowed = new int[] {0, 31, 32, 99};
        for (int id : draws(row, 50)) {
            assertThat(id).isIn(0, 31, 32, 99);
        }
    }

    @Test
    void biasMovesAndForbids() {
        Row row = new Row(1, 3, 2, 0);
        row.biasIds = new int[] {1, 3};
        row.biasValues = new float[] {Float.NEGATIVE_INFINITY, 2.5f};
        assertThat(draw(row)).isEqualTo(3);
    }

    @Test
    void penaltiesCountPromptAndOutputAsVllmDoes() {
        // Repetition: positive logits are divided, negative multiplied, prompt included, once per
        // token.
        Row row = new Row(4, 3, 1.9f);
        row.repetition = 2;
        row.prompt = new int[] {0, 0};
        row.generated = new int[] {1};
        assertThat(draw(row)).isEqualTo(0);
        row.logits = new float[] {-1, -1.5f, -1.9f};
        row.prompt = new int[] {0};
        row.generated = new int[] {};
        assertThat(draw(row)).isEqualTo(1);
        // Presence and frequency: the output only.
        Row counted = new Row(4, 3, 2.5f);
        counted.frequency = 0.4f;
        counted.prompt = new int[] {0, 0, 0, 0};
        assertThat(draw(counted)).isEqualTo(0);
        counted.generated = new int[] {0, 0, 0};
        assertThat(draw(counted)).isEqualTo(1);
        Row present = new Row(4, 3, 2.5f);
        present.presence = 1.2f;
        present.generated = new int[] {0, 0, 0, 0, 0, 0, 1};
        assertThat(draw(present)).isEqualTo(0);
        present.presence = 1.6f;
        present.generated = new int[] {0, 1};
        assertThat(draw(present)).isEqualTo(2);
    }

    @Test
    void filteredDrawsMatchTheReference() {
        Random random = new Random(SEED);
        for (int v : new int[] {2, 33, 500, 3000}) {
            List<Row> rows = new ArrayList<>();
            for (int r = 0; r < 75; r++) {
                rows.add(randomRow(v, random));
            }
            List<float[]> logits = rows.stream().map(row -> row.logits.clone()).toList();
            int[] ids = sample(2, rows).ids;
            for (int r = 0; r < rows.size(); r++) {
                Row row = rows.get(r);
                double[] weights =
                        ReferenceKernels.filtered(
                                ReferenceKernels.doubles(new float[][] {logits.get(r)})[0],
                                row.temperature,
                                row.topK,
                                row.topP,
                                row.minP);
                double uniform = PhiloxTest.uniform(row.seed, row.position);
                assertThat(ids[r])
                        .as(
                                "row %d, V %d, T %s, k %d, p %s, minP %s, seed %d",
                                r, v, row.temperature, row.topK, row.topP, row.minP, SEED)
                        .isEqualTo(ReferenceKernels.pick(weights, uniform));
            }
        }
    }

    private static Row randomRow(int v, Random random) {
        Row row = new Row(randomLogits(v, random));
        row.temperature = List.of(0.2f, 0.7f, 1f, 3f).get(random.nextInt(4));
        row.topK = random.nextBoolean() ? 0 : 1 + random.nextInt(v);
        row.topP = random.nextBoolean() ? 1 : 0.1f + 0.85f * random.nextFloat();
        row.minP = random.nextInt(3) > 0 ? 0 : 0.3f * random.nextFloat();
        row.seed = random.nextLong();
        row.position = random.nextInt(1000);
        return row;
    }

    @Test
    void equalLogitsBeyondTheGatheredOnesAreToldApartByTheirIds() {
        float[] logits = new float[5000];
        Arrays.fill(logits, 700, 5000, 1f);
        Row row = new Row(logits);
        row.temperature = 1;
        row.topK = 2500;
        row.topP = 0.9f;
        double[] weights =
                ReferenceKernels.filtered(
                        ReferenceKernels.doubles(new float[][] {logits})[0], 1, 2500, row.topP, 0);
        int[] ids = draws(row, 10);
        for (int position = 0; position < ids.length; position++) {
            double uniform = PhiloxTest.uniform(row.seed, position);
            assertThat(ids[position]).isEqualTo(ReferenceKernels.pick(weights, uniform));
        }
    }

    @Test
    void equalLogitsAreKeptByRisingId() {
        float[] logits = new float[2000];
        Row row = new Row(logits);
        row.temperature = 1;
        row.topK = 3;
        boolean[] seen = new boolean[2000];
        for (int id : draws(row, 30)) {
            seen[id] = true;
        }
        row.topK = 0;
        row.topP = 4.5f / 2000;
        for (int id : draws(row, 30)) {
            assertThat(id).isLessThan(5);
            seen[id] = true;
        }
        for (int id = 0; id < 2000; id++) {
            assertThat(seen[id]).isEqualTo(id < 5);
        }
    }

    @Test
    void drawsFollowTheDistribution() {
        Row row = new Row((float) Math.log(0.5), (float) Math.log(0.3), (float) Math.log(0.2));
        row.temperature = 1;
        row.seed = SEED;
        int[] counts = new int[3];
        for (int id : draws(row, 4000)) {
            counts[id]++;
        }
        assertThat(counts[0] / 4000.0).isCloseTo(0.5, within(0.03));
        assertThat(counts[1] / 4000.0).isCloseTo(0.3, within(0.03));
    }

    @Test
    void logprobsAreTheModelsOwn() {
        Random random = new Random(SEED);
        Row row = new Row(randomLogits(3000, random));
        row.logits[17] = row.logits[900];
        row.temperature = 0.5f;
        row.topK = 5;
        row.numLogprobs = 20;
        row.biasIds = new int[] {3};
        row.biasValues = new float[] {2};
        double[] logits = ReferenceKernels.doubles(new float[][] {row.logits})[0];
        List<Integer> ranked = ReferenceKernels.ranked(logits);
        float[] untouched = row.logits.clone();
        Drawn drawn = sample(1, List.of(row));
        assertThat((double) drawn.logprobs[0])
                .isCloseTo(ReferenceKernels.logprob(untouched, drawn.ids[0]), within(2e-6));
        for (int i = 0; i < 20; i++) {
            assertThat(drawn.topIds[0][i]).isEqualTo(ranked.get(i));
            assertThat((double) drawn.topLogprobs[0][i])
                    .isCloseTo(ReferenceKernels.logprob(untouched, ranked.get(i)), within(2e-6));
        }
    }

    @Test
    void logprobsOfTokensThatWereMovedAreTheModelsOwn() {
        Random random = new Random(SEED);
        List<Row> rows = new ArrayList<>();
        for (int r = 0; r < 3; r++) {
            Row row = new Row(randomLogits(300, random));
            row.numLogprobs = 1;
            row.repetition = 1.5f;
            row.prompt = new int[] {5, 9, 9};
            row.generated = new int[] {7};
            row.biasIds = new int[] {r == 0 ? 7 : 11, 12};
            row.biasValues = new float[] {r == 2 ? 0f : 100f, 1};
            rows.add(row);
        }
        rows.get(2).logits[9] = 100;
        List<float[]> logits = rows.stream().map(row -> row.logits.clone()).toList();
        Drawn drawn = sample(2, rows);
        assertThat(drawn.ids).containsExactly(7, 11, 9);
        for (int r = 0; r < 3; r++) {
            assertThat((double) drawn.logprobs[r])
                    .as("row %d, seed %d", r, SEED)
                    .isCloseTo(ReferenceKernels.logprob(logits.get(r), drawn.ids[r]), within(1e-5));
        }
    }

    @Test
    void rowsAreIndependentOfTheBatchAndOfThreads() {
        Random random = new Random(SEED);
        Row[] rows = new Row[40];
        for (int r = 0; r < rows.length; r++) {
            rows[r] = new Row(randomLogits(1500, random));
            rows[r].temperature = r % 4;
            rows[r].topP = r % 3 == 0 ? 0.8f : 1;
            rows[r].repetition = r % 5 == 0 ? 1.3f : 1;
            rows[r].generated = new int[] {r, 2 * r};
            rows[r].numLogprobs = r % 6 - 1;
            rows[r].seed = r;
            rows[r].position = 7;
        }
        Drawn alone = sample(1, List.of(rows));
        for (int threads = 2; threads <= 3; threads++) {
            Drawn together = sample(threads, List.of(rows));
            assertThat(together.ids).containsExactly(alone.ids);
            Compare.sameBits(together.logprobs, alone.logprobs, "logprobs");
        }
        for (int r = 0; r < rows.length; r += 3) {
            assertThat(draw(rows[r])).as("row %d", r).isEqualTo(alone.ids[r]);
        }
    }
}
