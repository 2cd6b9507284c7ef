package dev.millrace.examples.gpu;

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
     * Those of TensorRT-LLM's performance overview, version 1.0, for Llama-3.1-8B in FP8 on one GPU; the most telling first, so that
     * a run that is cut has them.
     */
    static final List<Workload> PUBLISHED =
            List.of(
                    new Workload(1000, 1000, 17_744, 15_220),
                    new Workload(128, 128, 27_911, 28_312),
                    new Workload(2048, 128, 3_538, 3_450),
                    new Workload(128, 2048, 26_221, 22_714),
                    new Workload(500, 2000, 20_770, 17_660),
                    new Workload(1000, 2000, 16_828, 13_899),
                    new Workload(2048, 2048, 12_194, 9_305),
                    new Workload(128, 4096, 18_027, 14_325),
                    new Workload(5000, 500, 3_902, 3_459),
                    new Workload(20000, 2000, 1_804, 1_351));

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
