package dev.millrace.kernels;

/**
 * The tokens of one step, of all sequences, packed without padding; on the device.
 *
 * <p>Sequence {@code s} has the token rows {@code [cuSeqLens[s], cuSeqLens[s + 1])}; they are the last ones of its
 * {@code contextLens[s]} tokens, whose keys and values lie in the blocks {@code blockTables[s, ·]}.
 *
 * <p>Thread-safety: none; the engine thread fills it between two steps.
 */
public final class PackedBatch {
    private final Tensor tokenIds;
    private final Tensor positions;
    private final Tensor slotMapping;
    private final Tensor cuSeqLens;
    private final Tensor contextLens;
    private final Tensor blockTables;
    private int numTokens;
    private int numSeqs;
    private int maxQueryLen;

    /** Room for {@code maxTokens} token rows, {@code maxSeqs} sequences of up to {@code maxBlocksPerSeq} blocks. */
    public PackedBatch(Kernels kernels, int maxTokens, int maxSeqs, int maxBlocksPerSeq) {
        tokenIds = kernels.allocate(DType.INT32, 1, maxTokens, "batch");
        positions = kernels.allocate(DType.INT32, 1, maxTokens, "batch");
        slotMapping = kernels.allocate(DType.INT32, 1, maxTokens, "batch");
        cuSeqLens = kernels.allocate(DType.INT32, 1, maxSeqs + 1, "batch");
        contextLens = kernels.allocate(DType.INT32, 1, maxSeqs, "batch");
        blockTables = kernels.allocate(DType.INT32, maxSeqs, maxBlocksPerSeq, "batch");
    }

    /** Sets how much of the batch is in use; {@code maxQueryLen} is the most token rows of one sequence. */
    public void resize(int newNumTokens, int newNumSeqs, int newMaxQueryLen) {
        numTokens = newNumTokens;
        numSeqs = newNumSeqs;
        maxQueryLen = newMaxQueryLen;
    }

    /** T: token rows in use. */
    public int numTokens() {
        return numTokens;
    }

    /** S: sequences in use. */
    public int numSeqs() {
        return numSeqs;
    }

    /** Most token rows of one sequence. */
    public int maxQueryLen() {
        return maxQueryLen;
    }

    /** INT32 [T]. */
    public Tensor tokenIds() {
        return tokenIds;
    }

    /** INT32 [T]: row of the rotation tables for each token: its position, where all sequences turn alike. */
    public Tensor positions() {
        return positions;
    }

    /** INT32 [T]: where each token's key and value go. */
    public Tensor slotMapping() {
        return slotMapping;
    }

    /** INT32 [S + 1]: first token row of each sequence, then T. */
    public Tensor cuSeqLens() {
        return cuSeqLens;
    }

    /** INT32 [S]: tokens of each sequence with the rows of this step. */
    public Tensor contextLens() {
        return contextLens;
    }

    /** INT32 [S, most blocks]: blocks of each sequence in order. */
    public Tensor blockTables() {
        return blockTables;
    }
}
