package dev.millrace.kernels.cpu;

import dev.millrace.kernels.AttentionParams;
import dev.millrace.kernels.KernelException;
import dev.millrace.kernels.KvCache;
import dev.millrace.kernels.KvShape;
import dev.millrace.kernels.PackedBatch;
import dev.millrace.kernels.Tensor;

/**
 * What one call of attention works on; set anew by each call, so that a call allocates nothing.
 *
 * <p>Thread-safety: set by the owner, then read by all workers.
 */
final class AttentionCall {
    Tensor out;
    Tensor q;
    PackedBatch batch;
    AttentionParams params;
    KvShape shape;
    final LayerCache cached = new LayerCache();

    void set(
            Tensor newOut,
            Tensor newQ,
            KvCache cache,
            int layer,
            PackedBatch newBatch,
            AttentionParams newParams) {
        out = newOut;
        q = newQ;
        batch = newBatch;
        params = newParams;
        shape = cache.shape();
        cached.set(cache, layer);
    }

    int numSeqs() {
        return batch.numSeqs();
    }

    /** First row of sequence {@code s}. */
    int firstRow(int s) {
        return Host.intAt(batch.cuSeqLens(), s);
    }

    /** Position of a row of sequence {@code s}: its last row is the last token of its context. */
    int position(int s, int row) {
        return row + Host.intAt(batch.contextLens(), s) - firstRow(s + 1);
    }

    /** First position that the token at {@code position} sees; the last one is its own. */
    int firstVisible(int position) {
        int window = params.slidingWindow();
        return window == 0 ? 0 : Math.max(0, position - window + 1);
    }

    /** Query heads that share a KV head. */
    int group() {
        return params.numHeads() / params.numKvHeads();
    }

    /** The cache's number of block {@code block} of sequence {@code s}. */
    int block(int s, int block) {
        Tensor tables = batch.blockTables();
        int physical = Host.ints(tables)[Host.at(tables, s) + block];
        if (physical < 0 || physical >= shape.numBlocks()) {
            throw new KernelException(
                    "attention: block "
                            + physical
                            + " in the table of sequence "
                            + s
                            + "; the cache has "
                            + shape.numBlocks());
        }
        return physical;
    }
}
