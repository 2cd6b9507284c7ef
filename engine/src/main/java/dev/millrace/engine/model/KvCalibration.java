package dev.millrace.engine.model;

import dev.millrace.kernels.Buffer;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.KvCache;
import dev.millrace.kernels.KvScales;
import dev.millrace.kernels.KvShape;
import dev.millrace.kernels.PackedBatch;
import dev.millrace.kernels.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Finds scales for keys and values in 8 bits where the checkpoint has none: the model computes some sequences of fixed token ids, and
 * a head's scale is the power of two at or above {@code 2 · largest magnitude / 448}. Twice the largest, because other text may
 * go beyond; a power of two, because it loses nothing when it is multiplied by.
 *
 * <p>The ids depend on the size of the vocabulary alone, and rows do not depend on their batch, so that the same checkpoint has
 * the same scales after every start, whatever the options. docs/decisions/0006 says why.
 *
 * <p>Thread-safety: none.
 */
public final class KvCalibration {
    private static final long SEED = 20260605;
    private static final int SEQUENCES = 16;

    /** Tokens of a sequence, and of a block. */
    public static final int LENGTH = 16;

    private static final int TOKENS = SEQUENCES * LENGTH;
    private static final float LARGEST_E4M3 = 448;

    private final Kernels kernels;
    private final ModelConfig config;
    private final int maxTokens;
    private final PackedBatch batch;
    private final KvCache cache;

    private KvCalibration(Kernels kernels, ModelConfig config, int maxTokens) {
        this.kernels = kernels;
        this.config = config;
        this.maxTokens = Math.min(maxTokens, TOKENS);
        batch = new PackedBatch(kernels, this.maxTokens, SEQUENCES, 1);
        cache =
                kernels.allocateKvCache(
                        new KvShape(
                                config.numLayers(),
                                SEQUENCES,
                                LENGTH,
                                config.numKvHeads(),
                                config.headDim()));
    }

    /** Computes at most {@code maxTokens} rows at a time; the decoder takes positions up to {@link #LENGTH}. */
    public static KvScales run(
            Decoder decoder, Kernels kernels, ModelConfig config, int maxTokens) {
        KvCalibration calibration = new KvCalibration(kernels, config, maxTokens);
        try {
            calibration.compute(decoder);
            return new KvScales(
                    calibration.scales(calibration.cache.keys()),
                    calibration.scales(calibration.cache.values()));
        } finally {
            calibration.release();
        }
    }

    private void compute(Decoder decoder) {
        int[] ids = new SplittableRandom(SEED).ints(TOKENS, 0, config.vocabSize()).toArray();
        for (int from = 0; from < TOKENS; from += maxTokens) {
            pack(ids, from, Math.min(from + maxTokens, TOKENS));
            decoder.forward(batch, cache);
        }
    }

    /** Tokens [from, to) of all sequences, one after another; a token's slot is its number. */
    private void pack(int[] ids, int from, int to) {
        int first = from / LENGTH;
        int count = (to - 1) / LENGTH + 1 - first;
        int[] starts = new int[count + 1];
        int[] contexts = new int[count];
        int[] blocks = new int[count];
        for (int s = 0; s < count; s++) {
            int begin = (first + s) * LENGTH;
            starts[s + 1] = Math.min(begin + LENGTH, to) - from;
            contexts[s] = starts[s + 1] + from - begin;
            blocks[s] = first + s;
        }
        int[] slots = new int[to - from];
        int[] positions = new int[to - from];
        for (int t = 0; t < slots.length; t++) {
            slots[t] = from + t;
            positions[t] = (from + t) % LENGTH;
        }
        kernels.copyIn(Arrays.copyOfRange(ids, from, to), slots.length, batch.tokenIds());
        kernels.copyIn(positions, positions.length, batch.positions());
        kernels.copyIn(slots, slots.length, batch.slotMapping());
        kernels.copyIn(starts, starts.length, batch.cuSeqLens());
        kernels.copyIn(contexts, contexts.length, batch.contextLens());
        kernels.copyIn(blocks, blocks.length, batch.blockTables());
        batch.resize(slots.length, count, Math.min(slots.length, LENGTH));
    }

    private List<float[]> scales(List<Buffer> layers) {
        return layers.stream().map(this::scales).toList();
    }

    private float[] scales(Buffer layer) {
        int length = Math.toIntExact(layer.length());
        float[] stored = new float[length];
        kernels.copyOut(new Tensor(layer.dtype(), 1, length, length, layer, 0), length, stored);
        float[] scales = new float[config.numKvHeads()];
        int perHead = LENGTH * config.headDim();
        for (int i = 0; i < length; i++) {
            int head = i / perHead % scales.length;
            scales[head] = Math.max(scales[head], Math.abs(stored[i]));
        }
        for (int head = 0; head < scales.length; head++) {
            scales[head] = scaleFor(scales[head]);
        }
        return scales;
    }

    /** 1 for a head of zeros, and where a broken model has made no number. */
    static float scaleFor(float largest) {
        float least = 2 * largest / LARGEST_E4M3;
        if (!(least >= Float.MIN_NORMAL) || Float.isInfinite(least)) {
            return 1;
        }
        float power = Math.scalb(1f, Math.getExponent(least));
        return power < least ? 2 * power : power;
    }

    private void release() {
        cache.release(kernels);
        for (Tensor tensor :
                List.of(
                        batch.tokenIds(),
                        batch.positions(),
                        batch.slotMapping(),
                        batch.cuSeqLens(),
                        batch.contextLens(),
                        batch.blockTables())) {
            kernels.buffers().release(tensor.buffer(), "batch");
        }
    }
}
