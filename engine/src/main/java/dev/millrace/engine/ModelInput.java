package dev.millrace.engine;

import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.PackedBatch;

/**
 * Turns a {@link ScheduledBatch} into the {@link PackedBatch} on the device, and says which rows give logits.
 *
 * <p>Thread-safety: none; owned by the engine thread.
 */
final class ModelInput {
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
    }

    /** Packs the batch and sends it to the device. */
    PackedBatch pack(ScheduledBatch batch) {
        int row = 0;
        int maxQueryLen = 0;
        for (int s = 0; s < batch.size(); s++) {
            Sequence sequence = batch.sequence(s);
            int count = batch.numScheduledTokens(s);
            cuSeqLens[s] = row;
            contextLens[s] = sequence.numComputedTokens + count;
            sequence.copyTokens(sequence.numComputedTokens, count, tokenIds, row);
            sequence.blockTable.copyTo(blockTables, s * maxBlocksPerSeq);
            packRows(sequence, count, row);
            row += count;
            maxQueryLen = Math.max(maxQueryLen, count);
        }
        cuSeqLens[batch.size()] = row;
        send(row, batch.size());
        packed.resize(row, batch.size(), maxQueryLen);
        return packed;
    }

    private void packRows(Sequence sequence, int count, int firstRow) {
        for (int i = 0; i < count; i++) {
            int position = sequence.numComputedTokens + i;
            int block = sequence.blockTable.get(position / blockSize);
            positions[firstRow + i] = position;
            slotMapping[firstRow + i] = block * blockSize + position % blockSize;
        }
    }

    private void send(int numTokens, int numSeqs) {
        kernels.copyIn(tokenIds, numTokens, packed.tokenIds());
        kernels.copyIn(positions, numTokens, packed.positions());
        kernels.copyIn(slotMapping, numTokens, packed.slotMapping());
        kernels.copyIn(cuSeqLens, numSeqs + 1, packed.cuSeqLens());
        kernels.copyIn(contextLens, numSeqs, packed.contextLens());
        kernels.copyIn(blockTables, numSeqs * maxBlocksPerSeq, packed.blockTables());
    }
}
