package dev.millrace.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.kernels.cpu.Lanes;
import dev.millrace.kernels.cpu.PhiloxTest;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

@ParameterizedClass
@MethodSource("dev.millrace.kernels.TestingLanes#all")
final class SamplingTest {
    private static final long SEED = 20261122;
    private final Lanes lanes;

    SamplingTest(Lanes lanes) {
        this.lanes = lanes;
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
        try (CpuKernels kernels = new CpuKernels(threads, lanes)) {
            SamplingBatch batch = new SamplingBatch(kernels, rows.size() + 2, v);
            batch.reserve(kernels, 4096, 512);
            batch.resize(rows.size());
            float[][] logits = new float[rows.size()][];
            int history = 0;
            int bias = 0;
            for (int r = 0; r < rows.size(); r++) {
                Row row = rows.get(r);
                logits[r] = row.logits;
                batch.temperature.host().floats()[r] = row.temperature;
                batch.topK.host().ints()[r] = row.topK;
                batch.topP.host().floats()[r] = row.topP;
                batch.minP.host().floats()[r] = row.minP;
                batch.repetitionPenalty.host().floats()[r] = row.repetition;
                batch.presencePenalty.host().floats()[r] = row.presence;
                batch.frequencyPenalty.host().floats()[r] = row.frequency;
                batch.seed.host().longs()[r] = row.seed;
                batch.position.host().ints()[r] = row.position;
                batch.numLogprobs.host().ints()[r] = row.numLogprobs;
                batch.promptLens.host().ints()[r] = row.prompt.length;
                for (int[] ids : new int[][] {row.prompt, row.generated}) {
                    System.arraycopy(ids, 0, batch.history().host().ints(), history, ids.length);
                    history += ids.length;
                }
                batch.cuHistory.host().ints()[r + 1] = history;
                for (int i = 0; i < row.biasIds.length; i++) {
                    batch.biasIds().host().ints()[bias] = row.biasIds[i];
                    batch.biasValues().host().floats()[bias++] = row.biasValues[i];
                }
                batch.cuBias.host().ints()[r + 1] = bias;
                if (row.allowed != null) {
                    batch.masked.host().ints()[r] = 1;
                    for (int id : row.allowed) {
                        int words = batch.allowed.columns();
                        batch.allowed.host().ints()[r * words + id / 32] |= 1 << (id % 32);
                    }
                }
            }
            kernels.sample(Guarded.of(logits).tensor, batch);
            return drawn(batch, rows.size());
        }
    }

    private static Drawn drawn(SamplingBatch batch, int rows) {
        int most = SamplingBatch.MAX_LOGPROBS;
        int[][] topIds = new int[rows][];
        float[][] topLogprobs = new float[rows][];
        for (int r = 0; r < rows; r++) {
            int from = r * most;
            topIds[r] = Arrays.copyOfRange(batch.topIds.host().ints(), from, from + most);
            topLogprobs[r] =
                    Arrays.copyOfRange(batch.topLogprobs.host().floats(), from, from + most);
        }
        return new Drawn(
                Arrays.copyOf(batch.tokenIds.host().ints(), rows),
                Arrays.copyOf(batch.logprobs.host().floats(), rows),
                topIds,
                topLogprobs);
    }

    private int draw(Row row) {
        return sample(1, List.of(row)).ids[0];
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
        for (row.position = 0; row.position < 50; row.position++) {
            assertThat(draw(row)).isIn(0, 31, 32, 99);
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
        for (int round = 0; round < 300; round++) {
            int v = List.of(2, 33, 500, 3000).get(random.nextInt(4));
            Row row = new Row(randomLogits(v, random));
            row.temperature = List.of(0.2f, 0.7f, 1f, 3f).get(random.nextInt(4));
            row.topK = random.nextBoolean() ? 0 : 1 + random.nextInt(v);
            row.topP = random.nextBoolean() ? 1 : 0.1f + 0.85f * random.nextFloat();
            row.minP = random.nextInt(3) > 0 ? 0 : 0.3f * random.nextFloat();
            row.seed = random.nextLong();
            row.position = random.nextInt(1000);
            double[] logits = ReferenceKernels.doubles(new float[][] {row.logits})[0];
            double[] weights =
                    ReferenceKernels.filtered(
                            logits, row.temperature, row.topK, row.topP, row.minP);
            double uniform = PhiloxTest.uniform(row.seed, row.position);
            assertThat(draw(row))
                    .as(
                            "round %d, V %d, T %s, k %d, p %s, minP %s, seed %d",
                            round, v, row.temperature, row.topK, row.topP, row.minP, SEED)
                    .isEqualTo(ReferenceKernels.pick(weights, uniform));
        }
    }

    @Test
    void equalLogitsAreKeptByRisingId() {
        float[] logits = new float[2000];
        Row row = new Row(logits);
        row.temperature = 1;
        row.topK = 3;
        boolean[] seen = new boolean[2000];
        for (row.position = 0; row.position < 100; row.position++) {
            seen[draw(row)] = true;
        }
        row.topK = 0;
        row.topP = 4.5f / 2000;
        for (row.position = 0; row.position < 100; row.position++) {
            int id = draw(row);
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
        for (row.position = 0; row.position < 4000; row.position++) {
            counts[draw(row)]++;
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
        for (int r = 0; r < rows.length; r++) {
            assertThat(draw(rows[r])).as("row %d", r).isEqualTo(alone.ids[r]);
        }
    }
}
