package dev.millrace.kernels.cpu;

import dev.millrace.kernels.SamplingBatch;
import dev.millrace.kernels.Tensor;

/**
 * Draws a token for each row, in vLLM's order: the model's own log-probabilities, allowed tokens and bias, penalties,
 * temperature, min-p, top-k, top-p, draw.
 *
 * <p>A row with NaN or +∞, or with no finite logit left, gets the token id −1.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class Sampling implements WorkerPool.Work {
    private final CpuContext context;
    private Tensor logits;
    private SamplingBatch batch;

    public Sampling(CpuContext context) {
        this.context = context;
    }

    /** Draws {@code newBatch.rows()} tokens. */
    public void run(Tensor newLogits, SamplingBatch newBatch) {
        logits = newLogits;
        batch = newBatch;
        context.pool.run(batch.rows(), this);
    }

    @Override
    public void run(int row, int worker) {
        int token = sample(row, context.scratch[worker]);
        Host.ints(batch.tokenIds)[Host.at(batch.tokenIds, 0) + row] = token;
        if (token < 0) {
            setLogprob(row, Float.NaN);
        }
    }

    private void setLogprob(int row, float value) {
        Host.floats(batch.logprobs)[Host.at(batch.logprobs, 0) + row] = value;
    }

    private int sample(int row, Scratch scratch) {
        Lanes lanes = context.lanes;
        int vocabSize = logits.columns();
        float[] x = Host.floats(logits);
        int at = Host.at(logits, row);
        int numLogprobs = Host.intAt(batch.numLogprobs, row);
        boolean adjusted = LogitAdjustments.needed(batch, row);
        boolean greedy = Host.floatAt(batch.temperature, row) <= 0f;
        if (greedy && !adjusted && numLogprobs < 0) {
            setLogprob(row, Float.NaN);
            return argmax(lanes, x, at, vocabSize);
        }
        float max = lanes.maxOrNan(x, at, vocabSize);
        if (!Float.isFinite(max)) {
            return -1;
        }
        SamplingScratch sampling = scratch.sampling;
        sampling.reserveDraw(vocabSize);
        double normalizer = 0;
        if (numLogprobs >= 0) {
            normalizer = Logprobs.logSumExp(lanes, x, at, vocabSize, max, sampling, scratch.temp);
            TopLogprobs.write(batch, row, numLogprobs, x, at, vocabSize, normalizer);
        }
        float[] processed = x;
        int from = at;
        if (adjusted) {
            if (numLogprobs >= 0) {
                sampling.reserveProcessed(vocabSize);
                processed = sampling.processed;
                from = 0;
                System.arraycopy(x, at, processed, 0, vocabSize);
            }
            LogitAdjustments.apply(batch, row, processed, from, vocabSize, sampling);
        }
        int token =
                greedy
                        ? argmax(lanes, processed, from, vocabSize)
                        : draw(row, processed, from, vocabSize, scratch);
        boolean wanted = token >= 0 && numLogprobs >= 0;
        setLogprob(row, wanted ? (float) (x[at + token] - normalizer) : Float.NaN);
        return token;
    }

    /** The lowest id among the largest finite logits, or −1. */
    static int argmax(Lanes lanes, float[] x, int at, int vocabSize) {
        float best = Float.NEGATIVE_INFINITY;
        int bestChunk = -1;
        for (int i = 0; i < vocabSize; i += Logprobs.CHUNK) {
            float max = lanes.maxOrNan(x, at + i, Math.min(Logprobs.CHUNK, vocabSize - i));
            if (Float.isNaN(max) || max == Float.POSITIVE_INFINITY) {
                return -1;
            }
            if (max > best) {
                best = max;
                bestChunk = i;
            }
        }
        if (bestChunk < 0) {
            return -1;
        }
        int id = bestChunk;
        while (x[at + id] != best) {
            id++;
        }
        return id;
    }

    private int draw(int row, float[] x, int at, int vocabSize, Scratch scratch) {
        Lanes lanes = context.lanes;
        float max = lanes.maxOrNan(x, at, vocabSize);
        if (!Float.isFinite(max)) {
            return -1;
        }
        SamplingScratch sampling = scratch.sampling;
        float temperature = Host.floatAt(batch.temperature, row);
        // Finite, so that the largest logit, at distance 0, keeps weight 1.
        float factor = Math.min(1f / temperature, Float.MAX_VALUE);
        double total = 0;
        for (int i = 0; i < vocabSize; i += Logprobs.CHUNK) {
            int length = Math.min(Logprobs.CHUNK, vocabSize - i);
            lanes.exp(sampling.weights, i, x, at + i, length, max, factor);
            double sum = lanes.sum(sampling.weights, i, length, scratch.temp);
            sampling.chunkSums[i / Logprobs.CHUNK] = sum;
            total += sum;
        }
        int topK = Host.intAt(batch.topK, row);
        float topP = Host.floatAt(batch.topP, row);
        float minP = Host.floatAt(batch.minP, row);
        if ((topK > 0 && topK < vocabSize) || topP < 1f || minP > 0f) {
            total =
                    TokenFilter.apply(
                            x, at, vocabSize, max, temperature, topK, topP, minP, sampling);
        }
        long seed = Host.longs(batch.seed)[Host.at(batch.seed, 0) + row];
        int position = Host.intAt(batch.position, row);
        return pick(sampling, vocabSize, total * Philox.uniform(seed, position, sampling.words));
    }

    /** The token at which the running sum of weights, in order of ids, passes {@code target}. */
    private static int pick(SamplingScratch sampling, int vocabSize, double target) {
        double sum = 0;
        int chunk = 0;
        int chunks = (vocabSize + Logprobs.CHUNK - 1) / Logprobs.CHUNK;
        // Rounding may leave the target at the very end: the last chunk with weight takes it.
        int last = chunks - 1;
        while (last > 0 && sampling.chunkSums[last] == 0) {
            last--;
        }
        while (chunk < last && sum + sampling.chunkSums[chunk] <= target) {
            sum += sampling.chunkSums[chunk];
            chunk++;
        }
        int end = Math.min(vocabSize, (chunk + 1) * Logprobs.CHUNK);
        int picked = -1;
        for (int id = chunk * Logprobs.CHUNK; id < end; id++) {
            float weight = sampling.weights[id];
            if (weight > 0f) {
                picked = id;
                sum += weight;
                if (sum > target) {
                    break;
                }
            }
        }
        return picked;
    }
}
