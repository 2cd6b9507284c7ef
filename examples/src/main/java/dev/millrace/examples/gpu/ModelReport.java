package dev.millrace.examples.gpu;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.kernels.cuda.model.Bound;
import dev.millrace.kernels.cuda.model.Card;
import dev.millrace.kernels.cuda.model.Format;
import dev.millrace.kernels.cuda.model.KernelCosts;
import dev.millrace.kernels.cuda.model.LlamaStep;
import dev.millrace.kernels.cuda.model.Throughput;
import dev.millrace.kernels.cuda.model.Workload;
import java.util.Formatter;
import java.util.List;
import java.util.Locale;

/**
 * What the kernels' model says of Llama-3.1-8B on four cards, as text and as JSON.
 *
 * <p>Thread-safety: immutable.
 */
final class ModelReport {
    private static final String HEAD =
            """
            This is a model, not a measurement: least times by counted work and data sheets, at which nothing has run.
            """;
    private static final int SEQUENCES = 256;
    private static final int CONTEXT = 1024;
    private static final int PROMPTS = 8;

    private final KernelCosts costs = KernelCosts.recorded();

    String text() {
        Formatter text = new Formatter(Locale.ROOT).format("%s", HEAD);
        for (Format format : Format.values()) {
            text.format(
                    "\nModel: generated tokens per second, at most. Llama-3.1-8B, %s\n",
                    format.title());
            throughput(text, format);
        }
        for (Format format : List.of(Format.BF16, Format.FP8)) {
            text.format(
                    "\nModel: decode step of %d sequences at %,d tokens, %s\n",
                    SEQUENCES, CONTEXT, format.title());
            steps(text, format, true);
            text.format(
                    "\nModel: prefill step of %d prompts of %,d tokens, %s\n",
                    PROMPTS, CONTEXT, format.title());
            steps(text, format, false);
        }
        return text.toString();
    }

    private void throughput(Formatter text, Format format) {
        text.format("  %-12s", "in / out");
        for (Card card : Card.values()) {
            text.format("%11s %10s", card.title(), "(roofline)");
        }
        text.format("%s\n", format == Format.FP8 ? "  TensorRT-LLM published: H100, H200" : "");
        for (Workload load : Workload.PUBLISHED) {
            text.format("  %-12s", load.inputLen() + " / " + load.outputLen());
            for (Card card : Card.values()) {
                Throughput most = Throughput.of(card, format, load, costs);
                text.format("%,11.0f (%,8.0f)", most.tokensPerSecond(), most.roofline());
            }
            if (format == Format.FP8) {
                text.format("%,29d %,6d", load.publishedH100(), load.publishedH200());
            }
            text.format("\n");
        }
    }

    private List<Bound> step(Card card, Format format, boolean decode) {
        LlamaStep step = new LlamaStep(card, format, costs);
        return decode ? step.decode(SEQUENCES, CONTEXT) : step.prefill(PROMPTS, CONTEXT);
    }

    private void steps(Formatter text, Format format, boolean decode) {
        for (Card card : Card.values()) {
            text.format(
                    "  %-10s microseconds a launch  launches %8s %9s %9s   of step, held back by,"
                            + " shape\n",
                    card.title(), "memory", "tensor", "issue");
            List<Bound> bounds = step(card, format, decode);
            for (Bound bound : bounds) {
                text.format(
                        "    %-32s %6d %9.1f %9.1f %9.1f %9.0f  %-6s  %s\n",
                        bound.name(),
                        bound.launches(),
                        1e6 * bound.memory(),
                        1e6 * bound.tensor(),
                        1e6 * bound.issue(),
                        1e6 * bound.stepSeconds(),
                        bound.limit(),
                        bound.shape());
            }
            double sum = bounds.stream().mapToDouble(Bound::stepSeconds).sum();
            text.format("    %-69s %9.0f\n", "all", 1e6 * sum);
        }
    }

    ObjectNode json() {
        ObjectNode report = new ObjectMapper().createObjectNode();
        report.put("model", true).put("measured", false);
        ArrayNode throughputs = report.putArray("throughput");
        ArrayNode steps = report.putArray("steps");
        for (Format format : Format.values()) {
            for (Card card : Card.values()) {
                for (Workload load : Workload.PUBLISHED) {
                    Throughput most = Throughput.of(card, format, load, costs);
                    ObjectNode row = throughputs.addObject();
                    row.put("format", format.name()).put("card", card.title());
                    row.put("inputLen", load.inputLen()).put("outputLen", load.outputLen());
                    row.put("sequences", most.sequences());
                    row.put("modelTokensPerSecond", Math.round(most.tokensPerSecond()));
                    row.put("rooflineTokensPerSecond", Math.round(most.roofline()));
                    if (load.published(card, format) > 0) {
                        row.put("tensorRtLlmPublished", load.published(card, format));
                    }
                }
                for (boolean decode : new boolean[] {true, false}) {
                    ObjectNode step = steps.addObject();
                    step.put("format", format.name()).put("card", card.title());
                    step.put("kind", decode ? "decode" : "prefill");
                    step(card, format, decode)
                            .forEach(bound -> add(step.withArray("kernels").addObject(), bound));
                }
            }
        }
        return report;
    }

    private static void add(ObjectNode node, Bound bound) {
        node.put("name", bound.name()).put("shape", bound.shape());
        node.put("launches", bound.launches()).put("limit", bound.limit());
        node.put("modelMemoryMicroseconds", 1e6 * bound.memory());
        node.put("modelTensorMicroseconds", 1e6 * bound.tensor());
        node.put("modelIssueMicroseconds", 1e6 * bound.issue());
    }
}
