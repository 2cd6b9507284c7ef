package dev.millrace.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Attention and KV stores. The whole cache starts as NaN, or scales in it do, so that reading one unwritten slot poisons a result. */
@Tag("kernels")
@ParameterizedClass
@MethodSource("dev.millrace.kernels.TestingBackend#allThatAttend")
final class AttentionTest {
    private static final long SEED = 20261122;
    private static final int LAYERS = 2;
    private final TestingBackend backend;

    AttentionTest(TestingBackend backend) {
        this.backend = backend;
    }

    /** One generated case. */
    private record Shape(
            int heads,
            int kvHeads,
            int headDim,
            int blockSize,
            int window,
            float softCap,
            boolean sinks) {
        Shape(int heads, int kvHeads, int headDim, int blockSize, int window, float softCap) {
            this(heads, kvHeads, headDim, blockSize, window, softCap, false);
        }

        AttentionParams params(Tensor sinkValues) {
            float scale = (float) (1 / Math.sqrt(headDim));
            return new AttentionParams(heads, kvHeads, headDim, scale, window, softCap, sinkValues);
        }

        /** One score of each head, some below and some above those of the keys. */
        float[][] sinkValues() {
            float[][] values = new float[1][heads];
            for (int h = 0; h < heads; h++) {
                values[0][h] = 3 * (h % 3 - 1) + 0.25f * h;
            }
            return values;
        }
    }

    private List<Shape> shapes() {
        List<Shape> shapes =
                new ArrayList<>(
                        List.of(
                                new Shape(1, 1, 32, 16, 0, 0f),
                                new Shape(2, 1, 64, 16, 0, 0f),
                                new Shape(6, 2, 80, 16, 0, 0f),
                                new Shape(4, 4, 96, 8, 0, 0f),
                                new Shape(8, 1, 128, 32, 0, 0f),
                                new Shape(5, 1, backend.isCuda() ? 24 : 20, 24, 0, 0f),
                                new Shape(2, 1, 256, 16, 0, 0f),
                                new Shape(20, 1, 16, 16, 0, 0f),
                                new Shape(14, 2, 64, 16, 0, 0f),
                                new Shape(4, 2, 64, 16, 5, 0f),
                                new Shape(4, 2, 32, 16, 16, 0f),
                                new Shape(3, 1, 32, 16, 17, 0f),
                                new Shape(2, 2, 64, 256, 40, 0f),
                                new Shape(6, 2, 64, 8, 70, 0f),
                                new Shape(4, 2, 64, 8, 1, 0f),
                                new Shape(4, 1, 64, 16, 0, 30f),
                                new Shape(4, 1, 64, 16, 33, 2.5f)));
        if (backend.isPortable()) {
            shapes.add(new Shape(6, 2, 64, 16, 0, 0f, true));
            shapes.add(new Shape(20, 1, 32, 8, 40, 0f, true));
        }
        return shapes;
    }

    /** A sequence's inputs, position by position. */
    private record Inputs(float[][] q, float[][] k, float[][] v) {}

    private Inputs randomInputs(Shape shape, int length, Random random) {
        return new Inputs(
                backend.round(Guarded.random(length, shape.heads * shape.headDim, random)),
                backend.round(Guarded.random(length, shape.kvHeads * shape.headDim, random)),
                backend.round(Guarded.random(length, shape.kvHeads * shape.headDim, random)));
    }

    /** Weights are rounded to A, or to 16 bits, before they meet the values, and so is the result; queries to 16 bits with bytes. */
    private double tolerance(double computed) {
        return computed + 3 * backend.tolerance(0) + (backend.storesBytes() ? 0x1p-13 : 0);
    }

    /** Kernels with a poisoned cache and a shuffled table for each sequence. */
    private final class Fixture implements AutoCloseable {
        final Kernels kernels;
        final KvCache cache;
        final Shape shape;
        final int[][] tables;
        final int maxBlocks;

        Fixture(Shape shape, int threads, int numSeqs, int maxLength) {
            this.shape = shape;
            kernels = backend.open(threads);
            maxBlocks = (maxLength + shape.blockSize - 1) / shape.blockSize;
            KvShape kv =
                    new KvShape(
                            LAYERS,
                            numSeqs * maxBlocks,
                            shape.blockSize,
                            shape.kvHeads,
                            shape.headDim);
            cache = backend.allocateKvCache(kernels, kv);
            poison();
            tables = new int[numSeqs][maxBlocks];
            List<Integer> blocks = new ArrayList<>();
            for (int i = 0; i < numSeqs * maxBlocks; i++) {
                blocks.add(i);
            }
            Collections.shuffle(blocks, new Random(SEED + threads));
            for (int i = 0; i < blocks.size(); i++) {
                tables[i / maxBlocks][i % maxBlocks] = blocks.get(i);
            }
        }

        private void poison() {
            if (backend.storesBytes()) {
                storeNone();
                return;
            }
            for (int layer = 0; layer < LAYERS; layer++) {
                new TestingCache(kernels, cache).fill(cache.keys().get(layer), Float.NaN);
                new TestingCache(kernels, cache).fill(cache.values().get(layer), Float.NaN);
            }
        }

        /** Stores rows of NaN in every slot: a byte cannot be one, but its scale is. */
        private void storeNone() {
            int slots = cache.shape().numBlocks() * shape.blockSize;
            float[][] none = new float[slots][shape.kvHeads * shape.headDim];
            for (float[] row : none) {
                Arrays.fill(row, Float.NaN);
            }
            PackedBatch batch = new PackedBatch(kernels, slots, 1, maxBlocks);
            batch.resize(slots, 1, slots);
            kernels.copyIn(IntStream.range(0, slots).toArray(), slots, batch.slotMapping());
            for (int layer = 0; layer < LAYERS; layer++) {
                Tensor rows = Guarded.of(kernels, backend.activationType(), none).tensor;
                kernels.ropeAndStoreKv(rows, rows, rows, null, batch, cache, layer);
            }
        }

        /** Feeds positions [from[s], to[s]) of each sequence in one step; returns the attention rows, packed. */
        float[][] step(List<Inputs> inputs, int[] from, int[] to) {
            int rows = 0;
            for (int s = 0; s < from.length; s++) {
                rows += to[s] - from[s];
            }
            PackedBatch batch = new PackedBatch(kernels, rows + 3, from.length, maxBlocks);
            int[] positions = new int[rows];
            int[] slots = new int[rows];
            int[] starts = new int[from.length + 1];
            int[] flatTables = new int[from.length * maxBlocks];
            float[][] q = new float[rows][];
            float[][] k = new float[rows][];
            float[][] v = new float[rows][];
            int t = 0;
            int longest = 0;
            for (int s = 0; s < from.length; s++) {
                longest = Math.max(longest, to[s] - from[s]);
                System.arraycopy(tables[s], 0, flatTables, s * maxBlocks, maxBlocks);
                for (int p = from[s]; p < to[s]; p++, t++) {
                    positions[t] = p;
                    slots[t] =
                            tables[s][p / shape.blockSize] * shape.blockSize + p % shape.blockSize;
                    q[t] = inputs.get(s).q[p];
                    k[t] = inputs.get(s).k[p];
                    v[t] = inputs.get(s).v[p];
                }
                starts[s + 1] = t;
            }
            batch.resize(rows, from.length, longest);
            kernels.copyIn(positions, rows, batch.positions());
            kernels.copyIn(slots, rows, batch.slotMapping());
            kernels.copyIn(starts, starts.length, batch.cuSeqLens());
            kernels.copyIn(to, to.length, batch.contextLens());
            kernels.copyIn(flatTables, flatTables.length, batch.blockTables());
            DType activation = backend.activationType();
            Guarded queries = Guarded.of(kernels, activation, q);
            Guarded out = new Guarded(kernels, activation, rows + 2, shape.heads * shape.headDim);
            kernels.ropeAndStoreKv(
                    queries.tensor,
                    Guarded.of(kernels, activation, k).tensor,
                    Guarded.of(kernels, activation, v).tensor,
                    null,
                    batch,
                    cache,
                    1);
            Tensor sinks =
                    shape.sinks ? Guarded.of(kernels, DType.F32, shape.sinkValues()).tensor : null;
            kernels.attention(out.tensor, queries.tensor, cache, 1, batch, shape.params(sinks));
            out.check(rows, shape.toString());
            queries.check(rows, shape.toString());
            return out.rows(rows);
        }

        @Override
        public void close() {
            kernels.close();
        }
    }

    @Test
    void prefillAndDecodeInOneBatchMatchTheReference() {
        Random random = new Random(SEED);
        int[] from = {0, 30, 0, 63, 16, 0, 47, 190, 120};
        int[] to = {1, 31, 70, 64, 49, 16, 48, 191, 150};
        for (Shape shape : shapes()) {
            List<Inputs> inputs = new ArrayList<>();
            for (int length : to) {
                inputs.add(randomInputs(shape, length, random));
            }
            try (Fixture fixture = new Fixture(shape, 2, to.length, 200)) {
                int[] zeros = new int[to.length];
                if (Arrays.stream(from).anyMatch(f -> f > 0)) {
                    fixture.step(inputs, zeros, from);
                }
                float[][] actual = fixture.step(inputs, from, to);
                int t = 0;
                for (int s = 0; s < to.length; s++) {
                    Inputs in = inputs.get(s);
                    int count = to[s] - from[s];
                    double[][] expected =
                            ReferenceKernels.attention(
                                    Arrays.copyOfRange(in.q, from[s], to[s]),
                                    backend.stored(in.k, shape.headDim),
                                    backend.stored(in.v, shape.headDim),
                                    shape.params(null),
                                    shape.sinks ? shape.sinkValues()[0] : null);
                    Compare.close(
                            Arrays.copyOfRange(actual, t, t + count),
                            expected,
                            tolerance(5e-6),
                            "%s, sequence %d, seed %d".formatted(shape, s, SEED));
                    t += count;
                }
            }
        }
    }

    @Test
    void rowsHaveTheSameBitsHoweverTheyAreChunkedAndBatched() {
        Random random = new Random(SEED);
        int length = 83;
        for (Shape shape : shapes()) {
            Inputs inputs = randomInputs(shape, length, random);
            Inputs other = randomInputs(shape, length, random);
            float[][] whole;
            try (Fixture fixture = new Fixture(shape, 1, 1, length)) {
                whole = fixture.step(List.of(inputs), new int[] {0}, new int[] {length});
            }
            // Emulated threads are slow, and there is no number of them to choose.
            int mostThreads = backend.isCuda() ? 1 : 3;
            int[] chunks = backend.isCuda() ? new int[] {9, 40} : new int[] {1, 7, 16, 40, 83};
            for (int threads = 1; threads <= mostThreads; threads++) {
                for (int chunk : chunks) {
                    compareChunked(shape, inputs, other, whole, threads, chunk);
                }
            }
        }
    }

    private void compareChunked(
            Shape shape, Inputs inputs, Inputs other, float[][] whole, int threads, int chunk) {
        int length = whole.length;
        try (Fixture fixture = new Fixture(shape, threads, 2, length)) {
            for (int from = 0; from < length; from += chunk) {
                int to = Math.min(length, from + chunk);
                // The neighbour is at a different place each time.
                int neighbour = Math.min(length - 1, from / 2 + 1);
                float[][] rows =
                        fixture.step(
                                List.of(other, inputs),
                                new int[] {from / 2 < neighbour ? 0 : neighbour - 1, from},
                                new int[] {neighbour, to});
                int skipped = rows.length - (to - from);
                for (int p = from; p < to; p++) {
                    Compare.sameBits(
                            rows[skipped + p - from],
                            whole[p],
                            "%s, position %d, chunks of %d, %d threads, seed %d"
                                    .formatted(shape, p, chunk, threads, SEED));
                }
            }
        }
    }

    @Test
    void longContextsGiveTheSameBitsTokenByTokenAsInOnePrefill() {
        Random random = new Random(SEED);
        int length = 2100;
        int[] ends = {1023, 1024, 1025, 2048, 2050, length};
        for (int window : new int[] {0, 1000}) {
            Shape shape = new Shape(2, 1, 32, 16, window, 0f);
            Inputs inputs = randomInputs(shape, length, random);
            try (Fixture fixture = new Fixture(shape, 2, 1, length)) {
                int[] zero = {0};
                float[][] whole = fixture.step(List.of(inputs), zero, new int[] {length});
                for (int end : ends) {
                    int[] to = {end};
                    float[][] row = fixture.step(List.of(inputs), new int[] {end - 1}, to);
                    String what = "window %d, end %d, seed %d".formatted(window, end, SEED);
                    Compare.sameBits(row[0], whole[end - 1], what);
                }
                double[][] expected =
                        ReferenceKernels.attention(
                                Arrays.copyOfRange(inputs.q, length - 1, length),
                                backend.stored(inputs.k, shape.headDim),
                                backend.stored(inputs.v, shape.headDim),
                                shape.params(null),
                                shape.sinks ? shape.sinkValues()[0] : null);
                float[][] last = {whole[length - 1]};
                Compare.close(last, expected, tolerance(5e-6), "window %d".formatted(window));
            }
        }
    }

    @Test
    void hugeScoresDoNotOverflow() {
        Shape shape = new Shape(2, 1, 32, 16, 0, 0f);
        Random random = new Random(SEED);
        Inputs inputs = randomInputs(shape, 40, random);
        for (float[] row : inputs.q) {
            for (int i = 0; i < row.length; i++) {
                row[i] = backend.round(row[i] * 300);
            }
        }
        try (Fixture fixture = new Fixture(shape, 2, 1, 40)) {
            float[][] actual = fixture.step(List.of(inputs), new int[] {0}, new int[] {40});
            double[][] expected =
                    ReferenceKernels.attention(
                            inputs.q,
                            backend.stored(inputs.k, shape.headDim),
                            backend.stored(inputs.v, shape.headDim),
                            shape.params(null),
                            shape.sinks ? shape.sinkValues()[0] : null);
            // Queries of 16 bits miss scores of hundreds by hundredths.
            double computed = backend.storesBytes() ? 1e-2 : 1e-3;
            Compare.close(actual, expected, tolerance(computed), "huge scores, seed " + SEED);
        }
    }

    @Test
    void tokensSeeTheSameInCopiedBlocks() {
        Shape shape = new Shape(4, 2, 64, 16, 0, 0f);
        Inputs inputs = randomInputs(shape, 40, new Random(SEED));
        try (Fixture fixture = new Fixture(shape, 2, 2, 48)) {
            List<Inputs> one = List.of(inputs);
            int[] from = {39};
            int[] to = {40};
            fixture.step(one, new int[1], to);
            float[] expected = fixture.step(one, from, to)[0];
            Tensor pairs = fixture.kernels.allocate(DType.INT32, 1, 6, "test");
            int[] blocks = new int[6];
            for (int i = 0; i < 6; i++) {
                blocks[i] = fixture.tables[i % 2][i / 2];
            }
            fixture.kernels.copyIn(blocks, 6, pairs);
            fixture.kernels.copyBlocks(fixture.cache, pairs, 3);
            fixture.tables[0] = fixture.tables[1];
            Compare.sameBits(fixture.step(one, from, to)[0], expected, "copied, seed " + SEED);
        }
    }

    @Test
    void numbersThatAreNoneSpoilTheRowsThatSeeThem() {
        Shape shape = new Shape(2, 1, 64, 16, 0, 0f);
        for (boolean key : new boolean[] {true, false}) {
            Inputs inputs = randomInputs(shape, 150, new Random(SEED));
            (key ? inputs.k : inputs.v)[100][7] = Float.NaN;
            try (Fixture fixture = new Fixture(shape, 2, 1, 150)) {
                fixture.step(List.of(inputs), new int[] {0}, new int[] {100});
                fixture.step(List.of(inputs), new int[] {100}, new int[] {149});
                float[] row = fixture.step(List.of(inputs), new int[] {149}, new int[] {150})[0];
                assertThat(row[key ? 0 : 7]).as("key %s", key).isNaN();
            }
        }
    }

    @Test
    void copiedBlocksHoldTheSameKeysAndValuesInAllLayers() {
        Shape shape = new Shape(2, 1, 32, 16, 0, 0f);
        try (Kernels kernels = backend.open(1)) {
            KvCache cache = kernels.allocateKvCache(new KvShape(LAYERS, 5, 16, 1, 32));
            TestingCache memory = new TestingCache(kernels, cache);
            Random random = new Random(SEED);
            for (int layer = 0; layer < LAYERS; layer++) {
                for (Buffer buffer : List.of(cache.keys().get(layer), cache.values().get(layer))) {
                    int length = (int) buffer.length();
                    memory.write(buffer, Guarded.random(1, length, random)[0]);
                }
            }
            List<float[]> before = readAll(memory, cache);
            Tensor pairs = kernels.allocate(DType.INT32, 1, 4, "test");
            kernels.copyIn(new int[] {3, 0, 1, 4}, 4, pairs);
            kernels.copyBlocks(cache, pairs, 2);
            List<float[]> after = readAll(memory, cache);
            int[] sources = {3, 1, 2, 3, 1};
            int size = shape.blockSize * shape.headDim;
            for (int i = 0; i < after.size(); i++) {
                for (int block = 0; block < 5; block++) {
                    int from = sources[block] * size;
                    Compare.sameBits(
                            Arrays.copyOfRange(after.get(i), block * size, (block + 1) * size),
                            Arrays.copyOfRange(before.get(i), from, from + size),
                            "block " + block + " of memory " + i);
                }
            }
        }
    }

    private static List<float[]> readAll(TestingCache memory, KvCache cache) {
        List<float[]> all = new ArrayList<>();
        cache.keys().forEach(buffer -> all.add(memory.read(buffer)));
        cache.values().forEach(buffer -> all.add(memory.read(buffer)));
        return all;
    }
}
