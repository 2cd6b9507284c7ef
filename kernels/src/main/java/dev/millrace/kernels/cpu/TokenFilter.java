package dev.millrace.kernels.cpu;

import java.util.Arrays;

/**
 * min-p, top-k and top-p: each keeps a prefix of the tokens in order of falling logit, equal ones by rising id, so the
 * outcome is one last kept token. A histogram over the distance to the largest logit finds the bucket it lies in; only
 * that bucket is put in order.
 */
final class TokenFilter {
    // 64 buckets for each factor e of probability; the last one takes the rest.
    private static final float BUCKETS_PER_UNIT = 64f;

    private TokenFilter() {}

    /** Zeroes the weights of the tokens that are dropped, renews the chunk sums, and returns the total left. */
    static double apply(
            float[] x,
            int at,
            int vocabSize,
            float max,
            float temperature,
            int topK,
            float topP,
            float minP,
            SamplingScratch scratch) {
        // p ≥ minP · pMax, in logits.
        double lowest =
                minP > 0f ? max + temperature * StrictMath.log(minP) : Double.NEGATIVE_INFINITY;
        dropBelow(x, at, vocabSize, lowest, scratch.weights);
        if ((topK > 0 && topK < vocabSize) || topP < 1f) {
            scratch.reserveHeap(vocabSize);
            fillHistogram(x, at, vocabSize, max, temperature, lowest, scratch);
            int kept = 0;
            for (int count : scratch.bucketCounts) {
                kept += count;
            }
            if (topK > 0 && topK < kept) {
                keepTopK(x, at, vocabSize, max, temperature, lowest, topK, scratch);
            }
            if (topP < 1f) {
                keepTopP(x, at, vocabSize, max, temperature, lowest, topP, scratch);
            }
        }
        return sumChunks(vocabSize, scratch);
    }

    private static void dropBelow(
            float[] x, int at, int vocabSize, double lowest, float[] weights) {
        if (lowest == Double.NEGATIVE_INFINITY) {
            return;
        }
        for (int id = 0; id < vocabSize; id++) {
            if (x[at + id] < lowest) {
                weights[id] = 0f;
            }
        }
    }

    private static int bucket(float logit, float max, float temperature) {
        // The conversion saturates, so far-off logits land in the last bucket.
        int bucket = (int) ((max - logit) / temperature * BUCKETS_PER_UNIT);
        return Math.min(bucket, SamplingScratch.BUCKETS - 1);
    }

    private static boolean eligible(float logit, double lowest) {
        return logit >= lowest && logit != Float.NEGATIVE_INFINITY;
    }

    private static void fillHistogram(
            float[] x,
            int at,
            int vocabSize,
            float max,
            float temperature,
            double lowest,
            SamplingScratch scratch) {
        Arrays.fill(scratch.bucketCounts, 0);
        Arrays.fill(scratch.bucketSums, 0);
        for (int id = 0; id < vocabSize; id++) {
            float logit = x[at + id];
            if (eligible(logit, lowest)) {
                int bucket = bucket(logit, max, temperature);
                scratch.bucketCounts[bucket]++;
                scratch.bucketSums[bucket] += scratch.weights[id];
            }
        }
    }

    private static void keepTopK(
            float[] x,
            int at,
            int vocabSize,
            float max,
            float temperature,
            double lowest,
            int topK,
            SamplingScratch scratch) {
        int bucket = 0;
        int before = 0;
        while (before + scratch.bucketCounts[bucket] < topK) {
            before += scratch.bucketCounts[bucket];
            bucket++;
        }
        int size = gather(x, at, vocabSize, max, temperature, lowest, bucket, scratch);
        double sum = 0;
        long last = 0;
        for (int i = before; i < topK; i++) {
            last = TokenHeap.pop(scratch.heap, size--);
            sum += scratch.weights[TokenHeap.id(last)];
        }
        scratch.bucketSums[bucket] = sum;
        Arrays.fill(scratch.bucketSums, bucket + 1, SamplingScratch.BUCKETS, 0);
        dropAfter(last, x, at, vocabSize, scratch.weights);
    }

    private static void keepTopP(
            float[] x,
            int at,
            int vocabSize,
            float max,
            float temperature,
            double lowest,
            float topP,
            SamplingScratch scratch) {
        double total = 0;
        int lastWithWeight = 0;
        for (int b = 0; b < SamplingScratch.BUCKETS; b++) {
            total += scratch.bucketSums[b];
            lastWithWeight = scratch.bucketSums[b] > 0 ? b : lastWithWeight;
        }
        double target = topP * total;
        int bucket = 0;
        double sum = 0;
        while (bucket < lastWithWeight && sum + scratch.bucketSums[bucket] < target) {
            sum += scratch.bucketSums[bucket];
            bucket++;
        }
        int size = gather(x, at, vocabSize, max, temperature, lowest, bucket, scratch);
        long last;
        do {
            last = TokenHeap.pop(scratch.heap, size--);
            sum += scratch.weights[TokenHeap.id(last)];
        } while (size > 0 && sum < target);
        dropAfter(last, x, at, vocabSize, scratch.weights);
    }

    /** Puts the tokens of a bucket in the heap. */
    private static int gather(
            float[] x,
            int at,
            int vocabSize,
            float max,
            float temperature,
            double lowest,
            int bucket,
            SamplingScratch scratch) {
        int size = 0;
        for (int id = 0; id < vocabSize; id++) {
            float logit = x[at + id];
            if (eligible(logit, lowest) && bucket(logit, max, temperature) == bucket) {
                scratch.heap[size++] = TokenHeap.key(logit, id);
            }
        }
        TokenHeap.heapify(scratch.heap, size);
        return size;
    }

    private static void dropAfter(long last, float[] x, int at, int vocabSize, float[] weights) {
        int lastId = TokenHeap.id(last);
        float lastLogit = x[at + lastId];
        for (int id = 0; id < vocabSize; id++) {
            float logit = x[at + id];
            if (logit < lastLogit || (logit == lastLogit && id > lastId)) {
                weights[id] = 0f;
            }
        }
    }

    private static double sumChunks(int vocabSize, SamplingScratch scratch) {
        double total = 0;
        for (int i = 0; i < vocabSize; i += Logprobs.CHUNK) {
            int end = Math.min(vocabSize, i + Logprobs.CHUNK);
            double sum = 0;
            for (int id = i; id < end; id++) {
                sum += scratch.weights[id];
            }
            scratch.chunkSums[i / Logprobs.CHUNK] = sum;
            total += sum;
        }
        return total;
    }
}
