package dev.millrace.engine;

import java.util.Arrays;

/**
 * The KV blocks of one sequence in order of position; it only grows and empties, as a block once filled never changes. The
 * first ones may have been given back, as no later token sees them: they keep their places, and nothing reads them.
 *
 * <p>Thread-safety: none; owned by the engine thread.
 */
final class BlockTable {
    private int[] blocks = new int[8];
    private int size;
    private int numReleased;
    private int version;

    /** Another number after every change. */
    int version() {
        return version;
    }

    int size() {
        return size;
    }

    /** Leading blocks that were given back. */
    int numReleased() {
        return numReleased;
    }

    /** Blocks that the sequence has. */
    int numHeld() {
        return size - numReleased;
    }

    /** The first {@code count} blocks are given back. */
    void setNumReleased(int count) {
        numReleased = count;
    }

    int get(int index) {
        return blocks[index];
    }

    void add(int block) {
        if (size == blocks.length) {
            blocks = Arrays.copyOf(blocks, 2 * size);
        }
        blocks[size++] = block;
        version++;
    }

    /** Puts another block at a place: the copy made before a shared block is written. */
    void replace(int index, int block) {
        blocks[index] = block;
        version++;
    }

    void clear() {
        size = 0;
        numReleased = 0;
        version++;
    }

    /** Writes all blocks to {@code target[offset ..]}. */
    void copyTo(int[] target, int offset) {
        System.arraycopy(blocks, 0, target, offset, size);
    }
}
