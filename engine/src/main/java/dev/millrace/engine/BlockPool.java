package dev.millrace.engine;

import java.util.Arrays;

/**
 * The KV blocks: which are free, how many sequences use each of the others, and which prefix each holds.
 *
 * <p>Free blocks form a queue, linked through arrays. A freed block keeps its prefix until it is given out again, so
 * those that hold a prefix wait at the end, least recently used first, and those that hold none are given out before
 * them. Nothing here allocates, and no operation depends on the number of blocks.
 *
 * <p>Thread-safety: none; owned by the engine thread.
 */
final class BlockPool {
    private final int numBlocks;
    private final int blockSize;
    private final PrefixCache prefixes;
    private final int[] references;
    private final int[] filledSlots;
    // Entry numBlocks is the anchor of the ring.
    private final int[] next;
    private final int[] previous;
    private int numFree;
    private int numCachedFree;
    private long numFilledSlots;

    /** A pool with all blocks free. */
    BlockPool(int numBlocks, int blockSize) {
        this.numBlocks = numBlocks;
        this.blockSize = blockSize;
        prefixes = new PrefixCache(numBlocks, blockSize);
        references = new int[numBlocks];
        filledSlots = new int[numBlocks];
        next = new int[numBlocks + 1];
        previous = new int[numBlocks + 1];
        next[numBlocks] = numBlocks;
        previous[numBlocks] = numBlocks;
        for (int block = 0; block < numBlocks; block++) {
            insertAfter(previous[numBlocks], block);
        }
    }

    int numBlocks() {
        return numBlocks;
    }

    int blockSize() {
        return blockSize;
    }

    int numFree() {
        return numFree;
    }

    int numUsed() {
        return numBlocks - numFree;
    }

    /** Free blocks that still hold a prefix. */
    int numCachedFree() {
        return numCachedFree;
    }

    /** Used slots that hold a token; a shared block counts once. */
    long numFilledSlots() {
        return numFilledSlots;
    }

    int references(int block) {
        return references[block];
    }

    PrefixCache prefixes() {
        return prefixes;
    }

    /** Blocks for this many tokens. */
    int blocksFor(int numTokens) {
        return (numTokens + blockSize - 1) / blockSize;
    }

    /** Gives out an empty block; the caller has made sure that one is free. */
    int allocate() {
        int block = next[numBlocks];
        if (block == numBlocks) {
            throw new IllegalStateException("no free KV block among " + numBlocks);
        }
        unlink(block);
        numCachedFree -= prefixes.contains(block) ? 1 : 0;
        prefixes.forget(block);
        references[block] = 1;
        filledSlots[block] = 0;
        return block;
    }

    /** One more sequence uses this block. */
    void retain(int block) {
        if (references[block]++ == 0) {
            unlink(block);
            numCachedFree -= prefixes.contains(block) ? 1 : 0;
            numFilledSlots += filledSlots[block];
        }
    }

    /** One sequence less uses this block. */
    void release(int block) {
        if (references[block] <= 0) {
            throw new IllegalStateException("KV block " + block + " is released but not used");
        }
        if (--references[block] > 0) {
            return;
        }
        numFilledSlots -= filledSlots[block];
        boolean holdsPrefix = prefixes.contains(block);
        numCachedFree += holdsPrefix ? 1 : 0;
        insertAfter(holdsPrefix ? previous[numBlocks] : numBlocks, block);
    }

    /** Releases all blocks of a table, the last first, so that a prefix outlives what follows it. */
    void releaseAll(BlockTable table) {
        for (int i = table.size() - 1; i >= table.numReleased(); i--) {
            release(table.get(i));
        }
        table.clear();
    }

    /** Releases the blocks of a table before index {@code end}; their places stay. */
    void releaseFirst(BlockTable table, int end) {
        for (int i = table.numReleased(); i < end; i++) {
            release(table.get(i));
        }
        table.setNumReleased(Math.max(end, table.numReleased()));
    }

    /** The first {@code count} slots of a used block hold tokens. */
    void fill(int block, int count) {
        if (count > filledSlots[block]) {
            numFilledSlots += count - filledSlots[block];
            filledSlots[block] = count;
        }
    }

    private void insertAfter(int before, int block) {
        int after = next[before];
        next[before] = block;
        previous[block] = before;
        next[block] = after;
        previous[after] = block;
        numFree++;
    }

    private void unlink(int block) {
        next[previous[block]] = next[block];
        previous[next[block]] = previous[block];
        numFree--;
    }

    /**
     * Compares the books with each other and with the tables that use the blocks.
     *
     * @param expectedReferences for each block in how many tables it stands
     */
    void checkIntegrity(int[] expectedReferences) {
        check(Arrays.equals(references, expectedReferences), "references differ from block tables");
        int free = 0;
        int cachedFree = 0;
        for (int block = next[numBlocks]; block != numBlocks; block = next[block]) {
            check(references[block] == 0, "a used block is in the free queue");
            check(previous[next[block]] == block, "the free queue is torn");
            cachedFree += prefixes.contains(block) ? 1 : 0;
            free++;
        }
        check(cachedFree == numCachedFree, "cached free blocks and their count differ");
        check(free == numFree, "the free queue and its count differ");
        long filled = 0;
        int used = 0;
        for (int block = 0; block < numBlocks; block++) {
            used += references[block] > 0 ? 1 : 0;
            filled += references[block] > 0 ? filledSlots[block] : 0;
        }
        check(used + free == numBlocks, "blocks are lost");
        check(filled == numFilledSlots, "filled slots and their count differ");
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }
}
