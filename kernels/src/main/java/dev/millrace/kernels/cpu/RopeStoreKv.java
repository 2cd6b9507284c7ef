package dev.millrace.kernels.cpu;

import dev.millrace.kernels.KernelException;
import dev.millrace.kernels.KvCache;
import dev.millrace.kernels.KvShape;
import dev.millrace.kernels.PackedBatch;
import dev.millrace.kernels.Rope;
import dev.millrace.kernels.Tensor;

/**
 * Rotates queries and keys and stores keys and values.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class RopeStoreKv implements WorkerPool.Work {
    private final CpuContext context;
    private Tensor q;
    private Tensor k;
    private Tensor v;
    private Rope rope;
    private PackedBatch batch;
    private final LayerCache cached = new LayerCache();
    private KvShape shape;
    private Tensor keyScales;
    private Tensor valueScales;
    private int rowsPerPart;

    public RopeStoreKv(CpuContext context) {
        this.context = context;
    }

    /** Runs over all tokens of the batch. */
    public void run(
            Tensor newQ,
            Tensor newK,
            Tensor newV,
            Rope newRope,
            PackedBatch newBatch,
            KvCache cache,
            int layer) {
        q = newQ;
        k = newK;
        v = newV;
        rope = newRope;
        batch = newBatch;
        shape = cache.shape();
        cached.set(cache, layer);
        keyScales = cache.keyScales(layer);
        valueScales = cache.valueScales(layer);
        int elements = q.columns() + k.columns() + v.columns();
        rowsPerPart = context.rowsPerPart(batch.numTokens(), elements);
        context.pool.run(CpuContext.parts(batch.numTokens(), rowsPerPart), this);
    }

    @Override
    public void run(int part, int worker) {
        int end = Math.min(batch.numTokens(), (part + 1) * rowsPerPart);
        for (int t = part * rowsPerPart; t < end; t++) {
            if (rope != null) {
                int position = Host.intAt(batch.positions(), t);
                if (position < 0 || position >= rope.cos().rows()) {
                    throw new KernelException(
                            "ropeAndStoreKv: position "
                                    + position
                                    + " of row "
                                    + t
                                    + "; the table has "
                                    + rope.cos().rows());
                }
                rotateRow(q, t, position);
                rotateRow(k, t, position);
            }
            store(t);
        }
    }

    private void rotateRow(Tensor heads, int t, int position) {
        float[] x = Host.floats(heads);
        float[] cos = Host.floats(rope.cos());
        float[] sin = Host.floats(rope.sin());
        int c = Host.at(rope.cos(), position);
        int s = Host.at(rope.sin(), position);
        int half = rope.rotaryDim() / 2;
        int from = Host.at(heads, t);
        for (int head = 0; head < heads.columns(); head += shape.headDim()) {
            if (rope.interleaved()) {
                rotate(x, from + head, from + head + 1, 2, cos, c, sin, s, half);
            } else {
                rotate(x, from + head, from + head + half, 1, cos, c, sin, s, half);
            }
        }
    }

    private static void rotate(
            float[] x,
            int first,
            int second,
            int step,
            float[] cos,
            int c,
            float[] sin,
            int s,
            int pairs) {
        for (int i = 0; i < pairs; i++) {
            float x1 = x[first + i * step];
            float x2 = x[second + i * step];
            x[first + i * step] = x1 * cos[c + i] - x2 * sin[s + i];
            x[second + i * step] = x2 * cos[c + i] + x1 * sin[s + i];
        }
    }

    private void store(int t) {
        int slot = Host.intAt(batch.slotMapping(), t);
        int slots = shape.numBlocks() * shape.blockSize();
        if (slot < 0 || slot >= slots) {
            throw new KernelException(
                    "ropeAndStoreKv: slot " + slot + " of row " + t + "; the cache has " + slots);
        }
        float[] key = Host.floats(k);
        float[] value = Host.floats(v);
        if (keyScales != null) {
            round(key, Host.at(k, t), keyScales);
            round(value, Host.at(v, t), valueScales);
        }
        for (int head = 0; head < shape.numKvHeads(); head++) {
            int from = head * shape.headDim();
            cached.store(slot, head, key, Host.at(k, t) + from, value, Host.at(v, t) + from);
        }
    }

    /** Rounds a row to E4M3 times each head's scale, in place. */
    private void round(float[] row, int from, Tensor scales) {
        for (int i = 0; i < shape.numKvHeads() * shape.headDim(); i++) {
            float scale = Host.floatAt(scales, i / shape.headDim());
            row[from + i] = ActivationRounding.nearestE4m3(row[from + i] / scale) * scale;
        }
    }
}
