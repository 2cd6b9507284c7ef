package dev.millrace.engine;

/**
 * Hashes of the blocks that this step computes, so that others with the same prefix wait for them one step.
 *
 * <p>Thread-safety: none; owned by the engine thread.
 */
final class PendingPrefixes {
    private final long[] hashes;
    private int size;

    PendingPrefixes(int maxNumSeqs) {
        hashes = new long[maxNumSeqs];
    }

    void clear() {
        size = 0;
    }

    boolean isEmpty() {
        return size == 0;
    }

    void add(long hash) {
        hashes[size++] = hash;
    }

    boolean contains(long hash) {
        for (int i = 0; i < size; i++) {
            if (hashes[i] == hash) {
                return true;
            }
        }
        return false;
    }
}
