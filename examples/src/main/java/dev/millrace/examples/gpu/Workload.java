package dev.millrace.examples.gpu;

import java.util.Comparator;
import java.util.List;

/**
 * Requests that are all alike.
 *
 * @param inputLen tokens of a prompt
 * @param outputLen tokens of an answer
 * @param publishedH200 answers' tokens in a second on one H200 that TensorRT-LLM publishes; 0 for none
 * @param publishedH100 as {@code publishedH200}, on one H100
 */
record Workload(int inputLen, int outputLen, int publishedH200, int publishedH100) {
    /**
     * Those of TensorRT-LLM's performance overview, version 1.0, for Llama-3.1-8B in FP8 on one GPU; 1000-1000, the most telling, first, so that
     * a run that is cut has them.
     */
    static final List<Workload> PUBLISHED =
            dev.millrace.kernels.cuda.model.Workload.PUBLISHED.stream()
                    .map(
                            each ->
                                    new Workload(
                                            each.inputLen(),
                                            each.outputLen(),
                                            each.publishedH200(),
                                            each.publishedH100()))
                    .sorted(Comparator.comparing(each -> !each.toString().equals("1000-1000")))
                    .toList();

    private static final int USUAL_LENGTH = 5632;
    private static final int LONG_LENGTH = 22_528;

    Workload(int inputLen, int outputLen) {
        this(inputLen, outputLen, 0, 0);
    }

    /** The longest sequence of the engine that runs it: two lengths, so that few engines are loaded. */
    int roundedLength() {
        return inputLen + outputLen <= USUAL_LENGTH ? USUAL_LENGTH : LONG_LENGTH;
    }

    @Override
    public String toString() {
        return inputLen + "-" + outputLen;
    }
}
