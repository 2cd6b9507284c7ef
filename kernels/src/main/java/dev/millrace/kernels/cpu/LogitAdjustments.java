package dev.millrace.kernels.cpu;

import dev.millrace.kernels.KernelException;
import dev.millrace.kernels.SamplingBatch;
import dev.millrace.kernels.Tensor;
import java.util.Arrays;

/** Allowed tokens, bias and penalties: what changes a row's logits before temperature. */
final class LogitAdjustments {
    private static final int IN_PROMPT = 1 << 30;

    private LogitAdjustments() {}

    /** True if {@link #apply} would change row {@code row}. */
    static boolean needed(SamplingBatch batch, int row) {
        return Host.intAt(batch.masked, row) != 0
                || Host.intAt(batch.cuBias, row) < Host.intAt(batch.cuBias, row + 1)
                || penalized(batch, row);
    }

    private static boolean penalized(SamplingBatch batch, int row) {
        return Host.floatAt(batch.repetitionPenalty, row) != 1f
                || Host.floatAt(batch.presencePenalty, row) != 0f
                || Host.floatAt(batch.frequencyPenalty, row) != 0f;
    }

    static void apply(
            SamplingBatch batch,
            int row,
            float[] x,
            int at,
            int vocabSize,
            SamplingScratch scratch) {
        if (Host.intAt(batch.masked, row) != 0) {
            forbid(batch.allowed, row, x, at, vocabSize);
        }
        int end = Host.intAt(batch.cuBias, row + 1);
        for (int i = Host.intAt(batch.cuBias, row); i < end; i++) {
            int id = checked(Host.intAt(batch.biasIds(), i), vocabSize, "bias");
            x[at + id] += Host.floatAt(batch.biasValues(), i);
        }
        if (penalized(batch, row)) {
            scratch.reserveCounts(vocabSize);
            penalize(batch, row, x, at, vocabSize, scratch.counts);
        }
    }

    private static int checked(int id, int vocabSize, String what) {
        if (id < 0 || id >= vocabSize) {
            throw new KernelException(
                    "sample: " + what + " token id " + id + "; V is " + vocabSize);
        }
        return id;
    }

    private static void forbid(Tensor allowed, int row, float[] x, int at, int vocabSize) {
        int[] words = Host.ints(allowed);
        int firstWord = Host.at(allowed, row);
        for (int id = 0; id < vocabSize; id += 32) {
            int word = words[firstWord + (id >> 5)];
            int end = Math.min(vocabSize, id + 32);
            if (word == 0) {
                Arrays.fill(x, at + id, at + end, Float.NEGATIVE_INFINITY);
            } else if (word != -1) {
                for (int i = id; i < end; i++) {
                    if ((word >>> (i & 31) & 1) == 0) {
                        x[at + i] = Float.NEGATIVE_INFINITY;
                    }
                }
            }
        }
    }

    /** Repetition counts prompt and output; presence and frequency count the output only. */
    private static void penalize(
            SamplingBatch batch, int row, float[] x, int at, int vocabSize, int[] counts) {
        int begin = Host.intAt(batch.cuHistory, row);
        int end = Host.intAt(batch.cuHistory, row + 1);
        int endPrompt = begin + Host.intAt(batch.promptLens, row);
        for (int i = begin; i < end; i++) {
            checked(Host.intAt(batch.history(), i), vocabSize, "history");
        }
        for (int i = begin; i < end; i++) {
            int id = Host.intAt(batch.history(), i);
            counts[id] = i < endPrompt ? counts[id] | IN_PROMPT : counts[id] + 1;
        }
        float repetition = Host.floatAt(batch.repetitionPenalty, row);
        float presence = Host.floatAt(batch.presencePenalty, row);
        float frequency = Host.floatAt(batch.frequencyPenalty, row);
        for (int i = begin; i < end; i++) {
            int id = Host.intAt(batch.history(), i);
            int count = counts[id];
            if (count != 0) {
                counts[id] = 0;
                float logit = x[at + id];
                logit = logit > 0f ? logit / repetition : logit * repetition;
                int generated = count & ~IN_PROMPT;
                logit -= frequency * generated;
                x[at + id] = generated > 0 ? logit - presence : logit;
            }
        }
    }
}
