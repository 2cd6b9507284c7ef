package dev.millrace.kernels;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Keys and values in e4m3 with a scale for each head, where the backend has that. */
@Tag("kernels")
@ParameterizedClass(allowZeroInvocations = true)
@MethodSource("dev.millrace.kernels.TestingBackend#cudas")
final class QuantizedCacheTest {
    private static final long SEED = 20261122;
    private static final int HEADS = 4;
    private static final int KV_HEADS = 2;
    private static final int HEAD_DIM = 64;
    private static final int BLOCK_SIZE = 16;
    private static final int LENGTH = 70;
    private static final float[] KEY_SCALES = {0.011f, 0.02f};
    private static final float[] VALUE_SCALES = {0.5f, 0.013f};
    private static final AttentionParams PARAMS =
            new AttentionParams(HEADS, KV_HEADS, HEAD_DIM, 0.125f, 0, 0f);

    private final TestingBackend backend;

    QuantizedCacheTest(TestingBackend backend) {
        this.backend = backend;
    }

    @Test
    void attentionSeesTheQuantizedKeysAndValues() {
        Random random = new Random(SEED);
        float[][] q = backend.round(Guarded.random(LENGTH, HEADS * HEAD_DIM, random));
        float[][] k = backend.round(Guarded.random(LENGTH, KV_HEADS * HEAD_DIM, random));
        float[][] v = backend.round(Guarded.random(LENGTH, KV_HEADS * HEAD_DIM, random));
        // Beyond 448 of the first head's scale.
        k[3][5] = backend.round(100);
        try (Kernels kernels = backend.open()) {
            KvCache cache = cache(kernels);
            float[][] whole = step(kernels, cache, q, k, v, 0);
            double[][] expected =
                    ReferenceKernels.attention(
                            q, quantized(k, KEY_SCALES), quantized(v, VALUE_SCALES), PARAMS);
            Compare.close(whole, expected, 3 * backend.tolerance(0), "seed " + SEED);
            float[][] last = step(kernels, cache, q, k, v, LENGTH - 1);
            Compare.sameBits(last[0], whole[LENGTH - 1], "decoded again, seed " + SEED);
        }
    }

    private static KvCache cache(Kernels kernels) {
        int blocks = (LENGTH + BLOCK_SIZE - 1) / BLOCK_SIZE;
        KvShape shape = new KvShape(1, blocks, BLOCK_SIZE, KV_HEADS, HEAD_DIM);
        int length = blocks * shape.blockElements();
        Buffer keys = kernels.allocate(DType.F8_E4M3, 1, length, "test").buffer();
        Buffer values = kernels.allocate(DType.F8_E4M3, 1, length, "test").buffer();
        Tensor keyScales = kernels.allocate(DType.F32, 1, KV_HEADS, "test");
        Tensor valueScales = kernels.allocate(DType.F32, 1, KV_HEADS, "test");
        kernels.copyIn(KEY_SCALES, KV_HEADS, keyScales);
        kernels.copyIn(VALUE_SCALES, KV_HEADS, valueScales);
        return new KvCache(
                shape, List.of(keys), List.of(values), List.of(keyScales), List.of(valueScales));
    }

    /** Stores and attends to the positions from {@code from} on. */
    private float[][] step(
            Kernels kernels, KvCache cache, float[][] q, float[][] k, float[][] v, int from) {
        int rows = LENGTH - from;
        int blocks = cache.shape().numBlocks();
        PackedBatch batch = new PackedBatch(kernels, LENGTH, 1, blocks);
        int[] slots = new int[rows];
        for (int t = 0; t < rows; t++) {
            int position = from + t;
            // Blocks in falling order.
            int block = blocks - 1 - position / BLOCK_SIZE;
            slots[t] = block * BLOCK_SIZE + position % BLOCK_SIZE;
        }
        int[] table = new int[blocks];
        Arrays.setAll(table, i -> blocks - 1 - i);
        batch.resize(rows, 1, rows);
        kernels.copyIn(slots, rows, batch.slotMapping());
        kernels.copyIn(new int[] {0, rows}, 2, batch.cuSeqLens());
        kernels.copyIn(new int[] {LENGTH}, 1, batch.contextLens());
        kernels.copyIn(table, blocks, batch.blockTables());
        DType activation = backend.activationType();
        Tensor queries = tensor(kernels, q, from);
        Guarded out = new Guarded(kernels, activation, rows + 1, HEADS * HEAD_DIM);
        Tensor keys = tensor(kernels, k, from);
        kernels.ropeAndStoreKv(queries, keys, tensor(kernels, v, from), null, batch, cache, 0);
        kernels.attention(out.tensor, queries, cache, 0, batch, PARAMS);
        out.check(rows, "attention");
        return out.rows(rows);
    }

    private Tensor tensor(Kernels kernels, float[][] rows, int from) {
        float[][] some = Arrays.copyOfRange(rows, from, rows.length);
        return Guarded.of(kernels, backend.activationType(), some).tensor;
    }

    private static float[][] quantized(float[][] rows, float[] scales) {
        float[][] result = new float[rows.length][rows[0].length];
        for (int r = 0; r < rows.length; r++) {
            for (int i = 0; i < rows[r].length; i++) {
                float scale = scales[i / HEAD_DIM];
                result[r][i] = (float) (e4m3(rows[r][i] / scale) * scale);
            }
        }
        return result;
    }

    /** The nearest value of e4m3: 3 bits of fraction, exponents from −6 on, at most 448. */
    private static double e4m3(float x) {
        double step = Math.scalb(1.0, Math.max(-6, Math.getExponent(x)) - 3);
        double rounded = Math.rint(x / step) * step;
        return Math.max(-448, Math.min(448, rounded));
    }
}
