package dev.millrace.kernels.cuda;

import dev.millrace.kernels.AttentionParams;
import dev.millrace.kernels.KvShape;
import dev.millrace.kernels.PackedBatch;

/**
 * How much work a batch can make at most, from the sizes of its tensors; work lists and grids are that large.
 *
 * @param group heads that share a KV head
 * @param decodeItems tiles and splits of sequences with few rows
 * @param prefillItems tiles of the others
 * @param slots splits whose partial results are kept
 * @param blocks most blocks of a grid
 * @param dim dimensions of a head, filled up
 * @param numKvHeads Hkv
 * @param maxSplits most splits of a sequence
 */
record AttentionSizes(
        int group,
        int decodeItems,
        int prefillItems,
        int slots,
        int blocks,
        int dim,
        int numKvHeads,
        int maxSplits) {
    /** Blocks of a grid for each multiprocessor: as many as can run at a time. */
    private static final int BLOCKS_PER_MULTIPROCESSOR = 4;

    static AttentionSizes of(
            PackedBatch batch,
            KvShape shape,
            AttentionParams params,
            int prefillRows,
            int dim,
            int numMultiprocessors) {
        int group = params.numHeads() / params.numKvHeads();
        int maxSeqs = batch.contextLens().columns();
        int tiles = (group + AttentionEntries.DECODE_ROWS - 1) / AttentionEntries.DECODE_ROWS;
        int splits =
                AttentionEntries.splits((long) batch.blockTables().columns() * shape.blockSize());
        long cached = AttentionEntries.splits((long) shape.numBlocks() * shape.blockSize());
        // Sequences that share a prefix may have more splits than the cache; those without a slot
        // go through theirs
        // one after the other.
        long slots =
                splits == 1 ? 0 : Math.min((long) maxSeqs * splits, 2 * cached + maxSeqs) * tiles;
        int maxTokens = batch.tokenIds().columns();
        long decodeItems = (long) maxSeqs * tiles + slots;
        long prefillItems = maxSeqs + (long) maxTokens * group / prefillRows;
        return new AttentionSizes(
                group,
                Math.toIntExact(decodeItems),
                Math.toIntExact(prefillItems),
                Math.toIntExact(slots),
                BLOCKS_PER_MULTIPROCESSOR * numMultiprocessors,
                dim,
                shape.numKvHeads(),
                splits);
    }

    /** True if they hold for attention of these heads. */
    boolean matches(AttentionParams params, int newDim) {
        return newDim == dim
                && params.numKvHeads() == numKvHeads
                && params.numHeads() == group * numKvHeads;
    }

    /** Floats of the running results of sequences that one block goes through: 64 rows for each block. */
    long scratchFloats() {
        long most = Math.max(decodeItems, prefillItems) * (long) numKvHeads;
        return maxSplits == 1 ? 0 : Math.min(most, blocks) * 64 * dim;
    }

    /** Floats of the slots: 16 rows of out, maximum and sum. */
    long slotFloats() {
        return (long) slots * numKvHeads * AttentionEntries.DECODE_ROWS * (dim + 2);
    }

    long tickets() {
        return (long) slots * numKvHeads;
    }

    /** Blocks for the decode items of {@code numSeqs} sequences. */
    int decodeBlocks(int numSeqs) {
        long tiles = (group + AttentionEntries.DECODE_ROWS - 1) / AttentionEntries.DECODE_ROWS;
        return (int) Math.min(blocks, numSeqs * tiles * maxSplits * numKvHeads);
    }

    /** Blocks for the prefill items of {@code numSeqs} sequences with {@code numTokens} rows. */
    int prefillBlocks(int numSeqs, int numTokens, int prefillRows) {
        long items = numSeqs + (long) numTokens * group / prefillRows;
        return (int) Math.min(blocks, items * numKvHeads);
    }
}
