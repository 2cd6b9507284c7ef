package dev.millrace.engine;

/**
 * Gives sequences their blocks: on demand, by prefix, from a sequence with the same prompt, or as a copy.
 *
 * <p>Where all layers have a sliding window, a sequence gives the blocks back that no later token of it sees. A block holds
 * the keys and values of all layers, so that one layer without a window keeps them all. Blocks given back stay in the prefix
 * cache like any others until their memory is needed; a prefix is found as far as all blocks from its first on are there.
 *
 * <p>What a decode step asks for each sequence takes no division, as the host's time of a step is mostly such small things.
 *
 * <p>Thread-safety: none; owned by the engine thread.
 */
final class KvCacheManager {
    private final BlockPool pool;
    private final int blockSize;
    private final boolean prefixCaching;
    private final int window;
    private final int maxNumBatchedTokens;
    private final int[] prefixBlocks;

    /** {@code window}: how many tokens a token sees in any layer, itself included; 0 for all. */
    KvCacheManager(EngineConfig config, int numBlocks, int window) {
        this.blockSize = config.blockSize();
        this.pool = new BlockPool(numBlocks, blockSize);
        this.prefixCaching = config.prefixCaching();
        this.window = window;
        this.maxNumBatchedTokens = config.maxNumBatchedTokens();
        this.prefixBlocks = new int[numBlocks];
    }

    BlockPool pool() {
        return pool;
    }

    boolean hasWindow() {
        return window > 0;
    }

    /** Most blocks that the sequence holds at a time on its way from here to {@code numTokens} tokens. */
    int mostBlocks(Sequence sequence, int numTokens) {
        int left = Math.max(1, sequence.numTokens() - sequence.numComputedTokens);
        int step = Math.min(left, maxNumBatchedTokens);
        return mostBlocks(blockSize, window, step, numTokens);
    }

    /**
     * Most blocks that a sequence holds at a time on its way to {@code numTokens} tokens, {@code step} of them at a time, over
     * layers of which none sees more than {@code window} tokens; 0 for all.
     */
    static int mostBlocks(int blockSize, int window, int step, int numTokens) {
        long all = ((long) numTokens + blockSize - 1) / blockSize;
        // The window may begin inside a block, and the last block that has a prefix id is kept.
        long seen = ((long) window + step + blockSize - 1) / blockSize + 3;
        return (int) (window == 0 ? all : Math.min(all, seen));
    }

    /** First block that the token at {@code position} sees. */
    private int firstSeen(int position) {
        return window == 0 ? 0 : Math.max(0, position - window + 1) / blockSize;
    }

    /**
     * Takes the blocks from the sequence that its next token, and so every later one, does not see; the last block that has a
     * prefix id stays, as it names the prefix.
     */
    void releaseUnseen(Sequence sequence) {
        if (window == 0) {
            return;
        }
        int identified =
                prefixCaching
                        ? sequence.scheduling.numIdentifiedBlocks
                        : sequence.numComputedTokens / blockSize;
        int end = Math.min(firstSeen(sequence.numComputedTokens), identified - 1);
        if (end > sequence.blockTable.numReleased()) {
            pool.releaseFirst(sequence.blockTable, end);
        }
    }

    /** Blocks that must be free for the sequence to compute {@code count} more tokens. */
    int blocksNeeded(Sequence sequence, int count) {
        int held = sequence.blockTable.size() * blockSize;
        int missing = Math.max(0, sequence.numComputedTokens + count - held);
        int blocks = missing == 0 ? 0 : pool.blocksFor(missing);
        return blocks + (writesSharedBlock(sequence) ? 1 : 0);
    }

    /** Only sequences of one request share a block that is not full. */
    private boolean writesSharedBlock(Sequence sequence) {
        if (sequence.scheduling.request.sequences.size() == 1) {
            return false;
        }
        int index = sequence.numComputedTokens / blockSize;
        return index < sequence.blockTable.size()
                && pool.references(sequence.blockTable.get(index)) > 1;
    }

    /**
     * Gives the sequence the blocks for {@code count} more tokens. A shared block that it will write is copied first;
     * the source stays referenced until {@link #releaseCopied}, so that no step reuses what it copies from.
     */
    void allocate(Sequence sequence, int count, ScheduledBatch batch) {
        BlockTable table = sequence.blockTable;
        if (writesSharedBlock(sequence)) {
            int first = sequence.numComputedTokens / blockSize;
            int copy = pool.allocate();
            batch.addBlockCopy(table.get(first), copy);
            table.replace(first, copy);
        }
        int end = sequence.numComputedTokens + count;
        while (table.size() * blockSize < end) {
            table.add(pool.allocate());
        }
        for (int i = table.size() - 1; (i + 1) * blockSize > sequence.numComputedTokens; i--) {
            pool.fill(table.get(i), Math.min(blockSize, end - i * blockSize));
        }
    }

    /** Ends what {@link #allocate} began: the copies of the batch come before whatever is computed from now on. */
    void releaseCopied(ScheduledBatch batch) {
        for (int i = 0; i < batch.numBlockCopies(); i++) {
            pool.release(batch.blockCopies()[2 * i]);
        }
    }

    /**
     * Finds the cached blocks with which the sequence begins; they are kept until {@link #takePrefix}. The rows that it needs are
     * left to compute: at least that of its last token, as the next one is drawn from it.
     *
     * @return how many blocks
     */
    int matchPrefix(Sequence sequence) {
        if (!prefixCaching) {
            return 0;
        }
        int limit = sequence.firstNeededRow() / blockSize;
        long parent = sequence.scheduling.prefixRoot();
        for (int i = 0; i < limit; i++) {
            int block = pool.prefixes().find(parent, sequence, i * blockSize);
            if (block < 0) {
                return i;
            }
            prefixBlocks[i] = block;
            parent = pool.prefixes().prefixId(block);
        }
        return limit;
    }

    /** Those of the matched blocks that are free now. */
    int countFree(int matched) {
        int free = 0;
        for (int i = 0; i < matched; i++) {
            free += pool.references(prefixBlocks[i]) == 0 ? 1 : 0;
        }
        return free;
    }

    /** Gives the sequence, which has none yet, the matched blocks. */
    void takePrefix(Sequence sequence, int matched) {
        for (int i = 0; i < matched; i++) {
            pool.retain(prefixBlocks[i]);
            sequence.blockTable.add(prefixBlocks[i]);
        }
        sequence.numComputedTokens = matched * blockSize;
        sequence.scheduling.numIdentifiedBlocks = matched;
        releaseUnseen(sequence);
    }

    /** Tokens that a sequence can take over from another one with the same prompt: all of it, but no row that it needs. */
    static int sharedTokens(Sequence sequence) {
        return Math.min(sequence.numPromptTokens, sequence.firstNeededRow());
    }

    /** Whether {@code donor} still has all that the sequence would see of its prompt. */
    boolean canShare(Sequence donor, Sequence sequence) {
        int tokens = sharedTokens(sequence);
        int first = Math.min(firstSeen(tokens), tokens / blockSize - 1);
        return donor.blockTable.numReleased() <= Math.max(0, first);
    }

    /** Those of them that fill whole blocks, which a donor may compute in the same step. */
    int wholeSharedTokens(Sequence sequence) {
        return sharedTokens(sequence) / blockSize * blockSize;
    }

    /** Gives the sequence, which has none yet, the blocks of {@code donor} that hold the prompt's first {@code tokens}. */
    void share(Sequence donor, Sequence sequence, int tokens) {
        int released = donor.blockTable.numReleased();
        for (int i = 0; i < pool.blocksFor(tokens); i++) {
            if (i >= released) {
                pool.retain(donor.blockTable.get(i));
            }
            sequence.blockTable.add(donor.blockTable.get(i));
        }
        sequence.blockTable.setNumReleased(released);
        sequence.numComputedTokens = tokens;
        sequence.scheduling.numIdentifiedBlocks = prefixCaching ? tokens / blockSize : 0;
    }

    /** Makes the blocks that have become full known to the prefix cache, once all their tokens are read. */
    void identifyBlocks(Sequence sequence) {
        if (!prefixCaching) {
            return;
        }
        int known = Math.min(sequence.numComputedTokens, sequence.numTokens());
        int next = sequence.scheduling.numIdentifiedBlocks;
        for (; (next + 1) * blockSize <= known; next++) {
            int block = sequence.blockTable.get(next);
            pool.prefixes().identify(block, parentId(sequence, next), sequence, next * blockSize);
        }
        sequence.scheduling.numIdentifiedBlocks = next;
    }

    private long parentId(Sequence sequence, int index) {
        return index == 0
                ? sequence.scheduling.prefixRoot()
                : pool.prefixes().prefixId(sequence.blockTable.get(index - 1));
    }

    /** Adds the block that a running sequence computes next, if that is a whole one, to {@code pending}. */
    void addPending(Sequence sequence, PendingPrefixes pending) {
        int next = sequence.scheduling.numIdentifiedBlocks;
        if (prefixCaching && (next + 1) * blockSize <= sequence.numTokens()) {
            long parent = parentId(sequence, next);
            pending.add(PrefixCache.hash(parent, sequence, next * blockSize, blockSize));
        }
    }

    /** Whether the first block of the sequence that is not cached is among those that are computed now. */
    boolean isPending(Sequence sequence, int matched, PendingPrefixes pending) {
        if (pending.isEmpty() || (matched + 1) * blockSize > sequence.firstNeededRow()) {
            return false;
        }
        long parent =
                matched == 0
                        ? sequence.scheduling.prefixRoot()
                        : pool.prefixes().prefixId(prefixBlocks[matched - 1]);
        return pending.contains(PrefixCache.hash(parent, sequence, matched * blockSize, blockSize));
    }

    /** Takes all blocks from the sequence. */
    void release(Sequence sequence) {
        pool.releaseAll(sequence.blockTable);
        sequence.numComputedTokens = 0;
        sequence.scheduling.numIdentifiedBlocks = 0;
    }
}
