package dev.millrace.engine;

import java.util.Arrays;

/**
 * Finds the block that holds given tokens after a given prefix.
 *
 * <p>A full block gets a prefix id, which stands for its tokens and all those before: equal ids, equal prefixes. The
 * table is keyed by a 64-bit hash of (id of the block before, own tokens), and a hit compares both, so that a collision
 * of hashes is a miss and never a wrong answer. A block whose prefix another block already stands for takes its id and
 * stays out of the table.
 *
 * <p>Thread-safety: none; owned by the engine thread.
 */
final class PrefixCache {
    /** Id of the empty prefix. */
    static final long ROOT = 0;

    /** Id of the empty prefix of sequences that turn by the angles of long ones. */
    static final long LONG_ROOT = -2;

    /** Id of a block that is not full or not known. */
    static final long NONE = -1;

    private static final int NIL = -1;

    private final int blockSize;
    private final int mask;
    private final int[] buckets;
    private final int[] nextInBucket;
    private final long[] hashes;
    private final long[] parentIds;
    private final long[] prefixIds;
    private final boolean[] cached;
    private final int[] tokens; // [N, B]
    private long lastId = ROOT;
    private int size;

    PrefixCache(int numBlocks, int blockSize) {
        this.blockSize = blockSize;
        int numBuckets = Integer.highestOneBit(Math.max(16, numBlocks)) << 1;
        mask = numBuckets - 1;
        buckets = new int[numBuckets];
        Arrays.fill(buckets, NIL);
        nextInBucket = new int[numBlocks];
        hashes = new long[numBlocks];
        parentIds = new long[numBlocks];
        prefixIds = new long[numBlocks];
        Arrays.fill(prefixIds, NONE);
        cached = new boolean[numBlocks];
        tokens = new int[Math.multiplyExact(numBlocks, blockSize)];
    }

    /** Blocks that a lookup can find. */
    int size() {
        return size;
    }

    boolean contains(int block) {
        return cached[block];
    }

    /** The prefix that ends with this block, {@link #NONE} if it has none. */
    long prefixId(int block) {
        return prefixIds[block];
    }

    /** The block with the tokens {@code [from, from + B)} of {@code sequence} after {@code parentId}; −1 if there is none. */
    int find(long parentId, Sequence sequence, int from) {
        return find(hash(parentId, sequence, from, blockSize), parentId, sequence, from);
    }

    private int find(long hash, long parentId, Sequence sequence, int from) {
        int block = buckets[bucket(hash)];
        while (block != NIL && !matches(block, hash, parentId, sequence, from)) {
            block = nextInBucket[block];
        }
        return block;
    }

    private boolean matches(int block, long hash, long parentId, Sequence sequence, int from) {
        if (hashes[block] != hash || parentIds[block] != parentId) {
            return false;
        }
        int base = block * blockSize;
        for (int i = 0; i < blockSize; i++) {
            if (tokens[base + i] != sequence.tokenId(from + i)) {
                return false;
            }
        }
        return true;
    }

    /** Gives a full block its prefix id, and makes it known unless another block stands for the same prefix. */
    void identify(int block, long parentId, Sequence sequence, int from) {
        long hash = hash(parentId, sequence, from, blockSize);
        int known = find(hash, parentId, sequence, from);
        if (known != NIL) {
            prefixIds[block] = prefixIds[known];
            return;
        }
        sequence.copyTokens(from, blockSize, tokens, block * blockSize);
        hashes[block] = hash;
        parentIds[block] = parentId;
        prefixIds[block] = ++lastId;
        nextInBucket[block] = buckets[bucket(hash)];
        buckets[bucket(hash)] = block;
        cached[block] = true;
        size++;
    }

    /** Forgets what the block holds, as it is about to be written anew. */
    void forget(int block) {
        prefixIds[block] = NONE;
        if (!cached[block]) {
            return;
        }
        cached[block] = false;
        size--;
        int bucket = bucket(hashes[block]);
        if (buckets[bucket] == block) {
            buckets[bucket] = nextInBucket[block];
            return;
        }
        int previous = buckets[bucket];
        while (nextInBucket[previous] != block) {
            previous = nextInBucket[previous];
        }
        nextInBucket[previous] = nextInBucket[block];
    }

    private int bucket(long hash) {
        return (int) hash & mask;
    }

    /** Hash of {@code count} tokens after a prefix. */
    static long hash(long parentId, Sequence sequence, int from, int count) {
        long hash = Bits.mix(parentId);
        for (int i = from; i < from + count; i++) {
            hash = Bits.mix(hash + sequence.tokenId(i));
        }
        return hash;
    }
}
