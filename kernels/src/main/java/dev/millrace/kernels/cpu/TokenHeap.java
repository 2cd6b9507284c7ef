package dev.millrace.kernels.cpu;

/** A binary heap of (logit, token id) in a long array: the largest logit first, equal ones by rising id. */
final class TokenHeap {
    private TokenHeap() {}

    /** Smaller keys come first. */
    static long key(float logit, int id) {
        // Adding 0 makes −0 equal to 0; flipping the lower bits of negative numbers makes the order
        // that of integers.
        int bits = Float.floatToRawIntBits(logit + 0f);
        int ordered = bits ^ (bits >> 31 & Integer.MAX_VALUE);
        return (long) ~ordered << 32 | id;
    }

    static int id(long key) {
        return (int) key;
    }

    static void heapify(long[] heap, int size) {
        for (int i = size / 2 - 1; i >= 0; i--) {
            siftDown(heap, i, size);
        }
    }

    /** Takes the first of {@code size} keys. */
    static long pop(long[] heap, int size) {
        long first = heap[0];
        heap[0] = heap[size - 1];
        siftDown(heap, 0, size - 1);
        return first;
    }

    private static void siftDown(long[] heap, int start, int size) {
        int i = start;
        long key = heap[i];
        while (2 * i + 1 < size) {
            int child = 2 * i + 1;
            if (child + 1 < size && heap[child + 1] < heap[child]) {
                child++;
            }
            if (key <= heap[child]) {
                break;
            }
            heap[i] = heap[child];
            i = child;
        }
        heap[i] = key;
    }
}
