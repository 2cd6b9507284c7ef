package dev.millrace.kernels.cpu;

import dev.millrace.kernels.SamplingBatch;

/** Reports the most likely tokens of a row. */
final class TopLogprobs {
    private TopLogprobs() {}

    /** Writes the {@code count} most likely ids, best first, ties by id, and their log-probabilities. */
    static void write(
            SamplingBatch batch,
            int row,
            int count,
            float[] x,
            int at,
            int vocabSize,
            double normalizer) {
        int[] ids = Host.ints(batch.topIds);
        float[] values = Host.floats(batch.topLogprobs);
        int firstId = Host.at(batch.topIds, row);
        int firstValue = Host.at(batch.topLogprobs, row);
        int room = Math.min(count, Math.min(vocabSize, batch.topIds.columns()));
        int held = 0;
        for (int id = 0; id < vocabSize && room > 0; id++) {
            float logit = x[at + id];
            if (held < room || logit > values[firstValue + room - 1]) {
                int to = held < room ? held++ : room - 1;
                while (to > 0 && values[firstValue + to - 1] < logit) {
                    values[firstValue + to] = values[firstValue + to - 1];
                    ids[firstId + to] = ids[firstId + to - 1];
                    to--;
                }
                values[firstValue + to] = logit;
                ids[firstId + to] = id;
            }
        }
        for (int i = 0; i < held; i++) {
            values[firstValue + i] = (float) (values[firstValue + i] - normalizer);
        }
    }
}
