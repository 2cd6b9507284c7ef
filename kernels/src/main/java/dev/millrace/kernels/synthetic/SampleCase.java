package dev.millrace.kernels.synthetic;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.SamplingBatch;
import dev.millrace.kernels.Tensor;
import java.util.Arrays;

/**
 * Drawing a token for each row of logits.
 *
 * @param part "greedy" or "top-p"
 * @param vocab V
 * @param temperature 0 for greedy
 * @param topK most likely tokens to draw from; 0 for all
 * @param topP share of the probability to draw from
 */
record SampleCase(String part, int vocab, float temperature, int topK, float topP)
        implements KernelCase {
    private static final long SEED = 17;

    @Override
    public String name() {
        return "sample " + part;
    }

    @Override
    public String family() {
        return "sampling";
    }

    @Override
    public double tolerance() {
        return 0;
    }

    @Override
    public long bytes(int rows) {
        return (long) rows * vocab * Float.BYTES;
    }

    @Override
    public long flops(int rows) {
        return 0;
    }

    @Override
    public Prepared prepare(Kernels kernels, Arithmetic arithmetic, int rows, int copies) {
        float[] before = new SeededNumbers(SEED).normal(rows * vocab, 2, DType.F32);
        Tensor logits = kernels.allocate(DType.F32, rows, vocab, "synthetic");
        SamplingBatch batch = new SamplingBatch(kernels, rows, vocab);
        fill(kernels, batch, rows);
        return new Prepared() {
            @Override
            public void fill() {
                kernels.copyIn(before, before.length, logits);
            }

            @Override
            public void run(int used) {
                batch.resize(used);
                kernels.sample(logits, batch);
            }

            @Override
            public float[] result(int used) {
                return Results.vector(kernels, batch.tokenIds, used);
            }
        };
    }

    private void fill(Kernels kernels, SamplingBatch batch, int rows) {
        constant(kernels, batch.temperature, rows, temperature);
        constant(kernels, batch.topP, rows, topP);
        constant(kernels, batch.minP, rows, 0);
        constant(kernels, batch.repetitionPenalty, rows, 1);
        constant(kernels, batch.presencePenalty, rows, 0);
        constant(kernels, batch.frequencyPenalty, rows, 0);
        int[] numbers = new int[rows];
        Arrays.fill(numbers, topK);
        kernels.copyIn(numbers, rows, batch.topK);
        Arrays.fill(numbers, -1);
        kernels.copyIn(numbers, rows, batch.numLogprobs);
        long[] seeds = new long[rows];
        for (int r = 0; r < rows; r++) {
            seeds[r] = SEED + r;
        }
        kernels.copyIn(seeds, rows, batch.seed);
    }

    private static void constant(Kernels kernels, Tensor target, int count, float value) {
        float[] values = new float[count];
        Arrays.fill(values, value);
        kernels.copyIn(values, count, target);
    }
}
