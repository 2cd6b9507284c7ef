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
    private final Kernels kernels;
    private final Tensor drawnIds;
    private final PackedBatch packed;
    private final int blockSize;
    private final int[] tokenIds;
    private final int[] positions;
    private final int[] slotMapping;
    private final int[] cuSeqLens;
    private final int[] contextLens;
    private final int[] blocks;
    private final Tensor[] tableRows;
    private final BlockTable[] sentTables;
    private final int[] sentVersions;

    /** {@code drawnIds} INT32: where the last step left the tokens that the host has not read. */
    ModelInput(
            Kernels kernels,
            Tensor drawnIds,
            int maxTokens,
            int maxSeqs,
            int maxModelLen,
            int blockSize) {
        this.kernels = kernels;
        this.drawnIds = drawnIds;
        this.blockSize = blockSize;
        int maxBlocksPerSeq = (maxModelLen + blockSize - 1) / blockSize;
        packed = new PackedBatch(kernels, maxTokens, maxSeqs, maxBlocksPerSeq);
        tokenIds = new int[maxTokens];
        positions = new int[maxTokens];
        slotMapping = new int[maxTokens];
        cuSeqLens = new int[maxSeqs + 1];
        contextLens = new int[maxSeqs];
        blocks = new int[maxBlocksPerSeq];
        sentTables = new BlockTable[maxSeqs];
        sentVersions = new int[maxSeqs];
        tableRows = new Tensor[maxSeqs];
        for (int s = 0; s < maxSeqs; s++) {
            tableRows[s] = packed.blockTables().rows(s, s + 1);
        }
    }

    /** Packs the batch and sends it to the device. */
    PackedBatch pack(ScheduledBatch batch) {
        return pack(batch, batch.size());
    }

    /** As {@link #pack(ScheduledBatch)}, with dead sequences of one token each behind the others, up to {@code paddedSeqs}. */
    PackedBatch pack(ScheduledBatch batch, int paddedSeqs) {
        int row = 0;
        int maxQueryLen = 0;
        for (int s = 0; s < batch.size(); s++) {
            Sequence sequence = batch.sequence(s);
            int count = batch.numScheduledTokens(s);
            cuSeqLens[s] = row;
            contextLens[s] = sequence.numComputedTokens + count;
            sequence.copyTokensOrRows(sequence.numComputedTokens, count, tokenIds, row);
            packRows(sequence, count, row);
            row += count;
            maxQueryLen = Math.max(maxQueryLen, count);
        }
        for (int s = batch.size(); s < paddedSeqs; s++) {
            packDead(s, row++);
        }
        cuSeqLens[paddedSeqs] = row;
        send(row, paddedSeqs);
        sendTables(batch);
        packed.resize(row, paddedSeqs, maxQueryLen);
        return packed;
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
            positions[firstRow + i] = sequence.scheduling.ropeOffset + position;
            slotMapping[firstRow + i] = block * blockSize + position % blockSize;
        }
    }

    private void send(int numTokens, int numSeqs) {
        kernels.copyInTokens(tokenIds, numTokens, packed.tokenIds(), drawnIds);
        kernels.copyIn(positions, numTokens, packed.positions());
        kernels.copyIn(slotMapping, numTokens, packed.slotMapping());
        kernels.copyIn(cuSeqLens, numSeqs + 1, packed.cuSeqLens());
        kernels.copyIn(contextLens, numSeqs, packed.contextLens());
    }

    /** Sends the tables that are not what the device has in their rows: in a decode step few of them have grown. */
    private void sendTables(ScheduledBatch batch) {
        for (int s = 0; s < batch.size(); s++) {
            BlockTable table = batch.sequence(s).blockTable;
            if (sentTables[s] != table || sentVersions[s] != table.version()) {
                table.copyTo(blocks, 0);
                kernels.copyIn(blocks, table.size(), tableRows[s]);
                sentTables[s] = table;
                sentVersions[s] = table.version();
            }
        }
    }
}
