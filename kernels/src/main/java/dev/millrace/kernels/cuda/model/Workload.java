package dev.millrace.kernels.cuda.model;

import java.util.List;

/**
 * Requests of one length, all waiting, and what TensorRT-LLM 1.0 published of Llama-3.1-8B in FP8 on one card (documentation,
 * performance overview, "Total Output Throughput").
 *
 * @param inputLen tokens of a prompt
 * @param outputLen tokens of an answer
 * @param publishedH100 generated tokens per second on an H100 SXM
 * @param publishedH200 and on an H200
 */
public record Workload(int inputLen, int outputLen, int publishedH100, int publishedH200) {
    /** The rows of that page. */
    public static final List<Workload> PUBLISHED =
            List.of(
                    new Workload(128, 128, 28_312, 27_911),
                    new Workload(128, 2048, 22_714, 26_221),
                    new Workload(128, 4096, 14_325, 18_027),
                    new Workload(500, 2000, 17_660, 20_770),
                    new Workload(1000, 1000, 15_220, 17_744),
                    new Workload(1000, 2000, 13_899, 16_828),
                    new Workload(2048, 128, 3_450, 3_538),
                    new Workload(2048, 2048, 9_305, 12_194),
                    new Workload(5000, 500, 3_459, 3_902),
                    new Workload(20000, 2000, 1_351, 1_804));

    /** Of a sequence that is half done. */
    double meanContext() {
        return inputLen + outputLen / 2.0;
    }

    /** What TensorRT-LLM published for {@code card} in {@code format}, or 0. */
    public int published(Card card, Format format) {
        if (format != Format.FP8) {
            return 0;
        }
        return card == Card.H100 ? publishedH100 : card == Card.H200 ? publishedH200 : 0;
    }
}
