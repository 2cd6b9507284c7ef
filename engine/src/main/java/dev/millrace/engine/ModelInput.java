package dev.millrace.engine;

import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.PackedBatch;
import dev.millrace.kernels.Tensor;

/**
 * Turns a {@link ScheduledBatch} into the {@link PackedBatch} on the device, and says which rows give logits.
 *
 * <p>Thread-safety: none; owned by the engine thread.
 */
final class ModelInput {
    private static final int TABLE_STEP = 16;

    private final Kernels kernels;
    private final PackedBatch packed;
    private final int blockSize;
    private final int maxBlocksPerSeq;
    private final int[] tokenIds;
    private final int[] positions;
    private final int[] slotMapping;
    private final int[] cuSeqLens;
    private final int[] contextLens;
    private final int[] blockTables;

    /** The first columns of the block tables on the device, by their number in units of {@link #TABLE_STEP}. */
    private final Tensor[] tableViews;

    ModelInput(Kernels kernels, int maxTokens, int maxSeqs, int maxModelLen, int blockSize) {
        this.kernels = kernels;
        this.blockSize = blockSize;
        maxBlocksPerSeq = (maxModelLen + blockSize - 1) / blockSize;
        packed = new PackedBatch(kernels, maxTokens, maxSeqs, maxBlocksPerSeq);
        tokenIds = new int[maxTokens];
        positions = new int[maxTokens];
        slotMapping = new int[maxTokens];
        cuSeqLens = new int[maxSeqs + 1];
        contextLens = new int[maxSeqs];
        blockTables = new int[maxSeqs * maxBlocksPerSeq];
        tableViews = new Tensor[maxBlocksPerSeq / TABLE_STEP + 1];
    }

    /** Packs the batch and sends it to the device. */
    PackedBatch pack(ScheduledBatch batch) {
        return pack(batch, batch.size());
    }

    /** As {@link #pack(ScheduledBatch)}, with dead sequences of one token each behind the others, up to {@code paddedSeqs}. */
    PackedBatch pack(ScheduledBatch batch, int paddedSeqs) {
        int row = 0;
        int maxQueryLen = 0;
        int tableColumns = tableColumns(batch);
        for (int s = 0; s < batch.size(); s++) {
            Sequence sequence = batch.sequence(s);
            int count = batch.numScheduledTokens(s);
            cuSeqLens[s] = row;
            contextLens[s] = sequence.numComputedTokens + count;
            sequence.copyTokens(sequence.numComputedTokens, count, tokenIds, row);
            sequence.blockTable.copyTo(blockTables, s * tableColumns);
            packRows(sequence, count, row);
            row += count;
            maxQueryLen = Math.max(maxQueryLen, count);
        }
        for (int s = batch.size(); s < paddedSeqs; s++) {
            packDead(s, row++);
        }
        cuSeqLens[paddedSeqs] = row;
        send(row, paddedSeqs, batch.size(), tableColumns);
        packed.resize(row, paddedSeqs, maxQueryLen);
        return packed;
    }

    /** Blocks of the longest table, rounded up: the columns that are sent. */
    private int tableColumns(ScheduledBatch batch) {
        int most = 1;
        for (int s = 0; s < batch.size(); s++) {
            most = Math.max(most, batch.sequence(s).blockTable.size());
        }
        return Math.min((most + TABLE_STEP - 1) / TABLE_STEP * TABLE_STEP, maxBlocksPerSeq);
    }

    /** No context, and keys and values go nowhere. */
    private void packDead(int seq, int row) {
        cuSeqLens[seq] = row;
        contextLens[seq] = 0;
        tokenIds[row] = 0;
        positions[row] = 0;
        slotMapping[row] = -1;
    }

    private void packRows(Sequence sequence, int count, int firstRow) {
        for (int i = 0; i < count; i++) {
            int position = sequence.numComputedTokens + i;
            int block = sequence.blockTable.get(position / blockSize);
            positions[firstRow + i] = position;
            slotMapping[firstRow + i] = block * blockSize + position % blockSize;
        }
    }

    private void send(int numTokens, int numSeqs, int numTables, int tableColumns) {
        kernels.copyIn(tokenIds, numTokens, packed.tokenIds());
        kernels.copyIn(positions, numTokens, packed.positions());
        kernels.copyIn(slotMapping, numTokens, packed.slotMapping());
        kernels.copyIn(cuSeqLens, numSeqs + 1, packed.cuSeqLens());
        kernels.copyIn(contextLens, numSeqs, packed.contextLens());
        kernels.copyIn(blockTables, numTables * tableColumns, tableView(tableColumns));
    }

    private Tensor tableView(int columns) {
        int index = (columns - 1) / TABLE_STEP;
        if (tableViews[index] == null) {
            tableViews[index] = packed.blockTables().columns(0, columns);
        }
        return tableViews[index];
    }
}
