package dev.millrace.kernels.cpu;

/**
 * One thread's memory for sampling; grows to the largest vocabulary seen, then stays.
 *
 * <p>Thread-safety: used by its worker only.
 */
final class SamplingScratch {
    static final int BUCKETS = 4096;

    final int[] words = new int[4];
    final int[] bucketCounts = new int[BUCKETS];
    final double[] bucketSums = new double[BUCKETS];

    /** exp of the processed logits. */
    float[] weights = {};

    /** Processed logits, where the model's own are needed too. */
    float[] processed = {};

    double[] chunkSums = {};

    /** How often a token occurs in a history; all zero between uses. */
    int[] counts = {};

    /** Tokens of one bucket as a heap, best first. */
    long[] heap = {};

    /** Makes room for {@code length} weights. */
    void reserve(int length) {
        weights = Scratch.grown(weights, length);
    }

    /** Makes room to draw from {@code vocabSize} tokens. */
    void reserveDraw(int vocabSize) {
        reserve(vocabSize);
        int chunks = (vocabSize + Logprobs.CHUNK - 1) / Logprobs.CHUNK;
        if (chunkSums.length < chunks) {
            chunkSums = new double[chunks];
        }
    }

    /** Makes room for a copy of {@code vocabSize} logits. */
    void reserveProcessed(int vocabSize) {
        processed = Scratch.grown(processed, vocabSize);
    }

    /** Makes room to count {@code vocabSize} tokens. */
    void reserveCounts(int vocabSize) {
        if (counts.length < vocabSize) {
            counts = new int[vocabSize];
        }
    }

    /** Makes room to order {@code vocabSize} tokens. */
    void reserveHeap(int vocabSize) {
        if (heap.length < vocabSize) {
            heap = new long[vocabSize];
        }
    }
}
