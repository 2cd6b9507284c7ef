package dev.millrace.kernels.cuda.model;

import java.util.List;

/**
 * Generated tokens per second at most, when the engine is full: each step has a token of each of N sequences, of mean length, and N /
 * outputLen new prompts.
 *
 * @param sequences N: as many as fit the memory beside the weights, at most 1,024, and at most 8,192 tokens a step
 * @param step the kernels of a mean step
 * @param tokensPerSecond by the sum of their bounds
 * @param roofline by bytes and FLOPs of the operations alone: each group of kernels at the data sheet's rate, one after the other
 */
public record Throughput(
        double sequences, List<Bound> step, double tokensPerSecond, double roofline) {
    private static final double MOST_SEQUENCES = 1024;
    private static final double MOST_TOKENS = 8192;

    /** Context, activations, graphs, workspaces. */
    private static final double RESERVED_BYTES = 6e9;

    /** Of Llama-3.1-8B; null where the weights do not fit. */
    public static Throughput of(Card card, Format format, Workload load, KernelCosts costs) {
        double pool = card.memoryBytes() - RESERVED_BYTES - storedBytes(card, format);
        double perPrompt = (double) load.inputLen() / load.outputLen();
        double fitting = pool / (LlamaStep.cachedBytes(format) * load.meanContext());
        double seqs =
                Math.floor(
                        Math.min(fitting, Math.min(MOST_SEQUENCES, MOST_TOKENS / (1 + perPrompt))));
        List<Bound> step =
                new LlamaStep(card, format, costs)
                        .bounds(seqs, load.meanContext(), seqs / load.outputLen(), load.inputLen());
        return new Throughput(
                seqs,
                step,
                seqs / KernelModel.seconds(step),
                1 / rooflineSeconds(card, format, load, seqs, perPrompt));
    }

    private static double layerBytes(Card card, Format format) {
        int side = LlamaStep.HIDDEN;
        double ofParameter = format.family().weightBytes(card, side, side) / side / side;
        return LlamaStep.LAYERS * LlamaStep.layerParameters() * ofParameter;
    }

    private static double headParameters() {
        return (double) LlamaStep.VOCABULARY * LlamaStep.HIDDEN;
    }

    private static double storedBytes(Card card, Format format) {
        return layerBytes(card, format) + 2 * 2 * headParameters();
    }

    /** Of one generated token. */
    private static double rooflineSeconds(
            Card card, Format format, Workload load, double seqs, double perPrompt) {
        double layers =
                2
                        * LlamaStep.LAYERS
                        * LlamaStep.layerParameters()
                        / card.flops(format.family().bytes(card));
        double head = 2 * headParameters() / card.flops(false);
        double products = seqs * ((1 + perPrompt) * layers + head);
        double weights = (layerBytes(card, format) + 2 * headParameters()) / card.bytesPerSecond();
        double cache = load.meanContext() * LlamaStep.cachedBytes(format) / card.bytesPerSecond();
        double prefill =
                2.0
                        * LlamaStep.LAYERS
                        * LlamaStep.HEADS
                        * LlamaStep.HEAD_DIM
                        * load.inputLen()
                        * load.inputLen()
                        / card.flops(false)
                        / load.outputLen();
        return Math.max(weights, products) / seqs + cache + prefill;
    }
}
