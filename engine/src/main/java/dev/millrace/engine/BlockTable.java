package dev.millrace.engine;

import java.util.Arrays;

/**
 * The KV blocks of one sequence in order of position; it only grows and empties, as a block once filled never changes.
 *
 * <p>Thread-safety: none; owned by the engine thread.
 */
final class BlockTable {
    private int[] blocks = new int[8];
    private int size;
    private int version;

    /** Another number after every change. */
    int version() {
        return version;
    }

    int size() {
        return size;
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
        version++;
    }

    /** Writes all blocks to {@code target[offset ..]}. */
    void copyTo(int[] target, int offset) {
        System.arraycopy(blocks, 0, target, offset, size);
    }
}
