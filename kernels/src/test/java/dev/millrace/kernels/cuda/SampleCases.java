package dev.millrace.kernels.cuda;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.SamplingBatch;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.TestingWeight;
import dev.millrace.kernels.Weight;
import dev.millrace.kernels.WeightFormat;
import dev.millrace.kernels.cuda.KernelCase.Minimum;
import java.util.Arrays;
import java.util.List;

/** The sampler: greedy at the vocabulary of Llama-3.1-8B, and all of its ways at a small one. */
final class SampleCases {
    private static final int VOCABULARY = 128256;
    private static final int SMALL_VOCABULARY = 5000;
    private static final int BIASED = 8;

    private SampleCases() {}

    static List<KernelCase> all() {
        return List.of(
                argmax(),
                sampleGreedy(),
                sampleAdjusted(),
                sampleEqual(),
                sampleLogprobs(),
                sampleLogprob(),
                sampleMasked());
    }

    /** The best of the places that the head's product leaves: one for 64 outputs of each row. */
    private static KernelCase argmax() {
        int n = 4096;
        int k = 64;
        int rows = 8;
        return KernelCase.of(
                "argmax",
                EntryPoint.ARGMAX_PLACES,
                Minimum.of(8L * n / 64 * rows, "places", 4L * rows, "tokens"),
                device -> {
                    try (Kernels kernels = Kernels.create(CountingDevice.CONFIG)) {
                        TestingWeight head =
                                TestingWeight.random(WeightFormat.BF16, n, k, device.random());
                        Weight weight = kernels.pack(head);
                        Tensor in = device.filled(kernels, CountingDevice.A, rows, k);
                        Tensor tokens = kernels.allocate(DType.INT32, 1, rows, "test");
                        device.count(
                                kernels, () -> kernels.linearArgmax(tokens, in, weight, 0, rows));
                    }
                });
    }

    private static KernelCase sampleGreedy() {
        return KernelCase.of(
                "sample-greedy",
                EntryPoint.SAMPLE,
                Minimum.of(4L * VOCABULARY, "logits", 64, "a row's settings and its token"),
                device -> {
                    try (Kernels kernels = Kernels.create(CountingDevice.CONFIG)) {
                        SamplingBatch batch = new SamplingBatch(kernels, 1, VOCABULARY);
                        batch.resize(1);
                        plain(kernels, batch);
                        Tensor logits = device.filled(kernels, DType.F32, 1, VOCABULARY);
                        device.count(kernels, () -> kernels.sample(logits, batch));
                    }
                });
    }

    /** What a row wants beside {@link #plain}. */
    private interface Wishes {
        void write(Kernels kernels, SamplingBatch batch);
    }

    /** One row over a small vocabulary; serves to meet the checker. */
    private static KernelCase sample(String name, float scale, Wishes wishes) {
        return KernelCase.of(
                name,
                EntryPoint.SAMPLE,
                Minimum.of(4L * SMALL_VOCABULARY, "logits"),
                device -> {
                    try (Kernels kernels = Kernels.create(CountingDevice.CONFIG)) {
                        SamplingBatch batch = new SamplingBatch(kernels, 1, SMALL_VOCABULARY);
                        batch.resize(1);
                        plain(kernels, batch);
                        wishes.write(kernels, batch);
                        float[] logits = device.numbers(SMALL_VOCABULARY);
                        for (int i = 0; i < logits.length; i++) {
                            logits[i] *= scale;
                        }
                        Tensor tensor = kernels.allocate(DType.F32, 1, SMALL_VOCABULARY, "test");
                        kernels.copyIn(logits, SMALL_VOCABULARY, tensor);
                        device.count(kernels, () -> kernels.sample(tensor, batch));
                    }
                });
    }

    /** All that a row can want: penalties, bias, log-probabilities, every filter. */
    private static KernelCase sampleAdjusted() {
        return sample(
                "sample-adjusted",
                1,
                (kernels, batch) -> {
                    kernels.copyIn(new float[] {1}, 1, batch.temperature);
                    kernels.copyIn(new float[] {0.9f}, 1, batch.topP);
                    kernels.copyIn(new float[] {0.01f}, 1, batch.minP);
                    kernels.copyIn(new float[] {1.5f}, 1, batch.repetitionPenalty);
                    kernels.copyIn(new int[] {500}, 1, batch.topK);
                    kernels.copyIn(new int[] {5}, 1, batch.numLogprobs);
                    kernels.copyIn(new int[] {7, 70, 700}, 3, batch.history());
                    kernels.copyIn(new int[] {0, 3}, 2, batch.cuHistory);
                    bias(kernels, batch);
                });
    }

    /** More equal logits than can be gathered. */
    private static KernelCase sampleEqual() {
        return sample(
                "sample-equal",
                0,
                (kernels, batch) -> {
                    kernels.copyIn(new float[] {1}, 1, batch.temperature);
                    kernels.copyIn(new int[] {2500}, 1, batch.topK);
                });
    }

    /** Nothing between the log-probabilities and the draw. */
    private static KernelCase sampleLogprobs() {
        return sample(
                "sample-logprobs",
                1,
                (kernels, batch) -> {
                    kernels.copyIn(new float[] {1}, 1, batch.temperature);
                    kernels.copyIn(new float[] {0.9f}, 1, batch.topP);
                    kernels.copyIn(new int[] {5}, 1, batch.numLogprobs);
                });
    }

    /** The log-probability of the best token alone. */
    private static KernelCase sampleLogprob() {
        return sample(
                "sample-logprob",
                1,
                (kernels, batch) -> kernels.copyIn(new int[] {0}, 1, batch.numLogprobs));
    }

    /** The mask forbids the token that has a bias, and nothing else follows. */
    private static KernelCase sampleMasked() {
        return sample(
                "sample-masked",
                1,
                (kernels, batch) -> {
                    int[] allowed = new int[(SMALL_VOCABULARY + 31) / 32];
                    Arrays.fill(allowed, -1);
                    allowed[BIASED / 32] &= ~(1 << BIASED % 32);
                    kernels.copyIn(allowed, allowed.length, batch.allowed);
                    kernels.copyIn(new int[] {1}, 1, batch.masked);
                    kernels.copyIn(new int[] {0}, 1, batch.numLogprobs);
                    bias(kernels, batch);
                });
    }

    /** A token that the bias's thread does not scan. */
    private static void bias(Kernels kernels, SamplingBatch batch) {
        kernels.copyIn(new int[] {BIASED}, 1, batch.biasIds());
        kernels.copyIn(new float[] {1}, 1, batch.biasValues());
        kernels.copyIn(new int[] {0, 1}, 2, batch.cuBias);
    }

    private static void plain(Kernels kernels, SamplingBatch batch) {
        float[] zero = {0};
        float[] one = {1};
        for (Tensor tensor :
                List.of(
                        batch.temperature,
                        batch.minP,
                        batch.presencePenalty,
                        batch.frequencyPenalty)) {
            kernels.copyIn(zero, 1, tensor);
        }
        kernels.copyIn(one, 1, batch.topP);
        kernels.copyIn(one, 1, batch.repetitionPenalty);
        kernels.copyIn(new long[] {1}, 1, batch.seed);
        for (Tensor tensor : List.of(batch.topK, batch.position, batch.promptLens, batch.masked)) {
            kernels.copyIn(new int[] {0}, 1, tensor);
        }
        kernels.copyIn(new int[] {-1}, 1, batch.numLogprobs);
        kernels.copyIn(new int[] {0, 0}, 2, batch.cuHistory);
        kernels.copyIn(new int[] {0, 0}, 2, batch.cuBias);
    }
}
