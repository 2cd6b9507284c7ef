package dev.millrace.examples.gpu;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.engine.EngineConfig;
import dev.millrace.engine.EngineOptions;
import dev.millrace.engine.SteadyState;
import dev.millrace.engine.SteadyState.Figures;
import dev.millrace.engine.model.ModelConfig;
import dev.millrace.engine.model.SyntheticDecoder;
import dev.millrace.examples.gpu.Part.Result;
import dev.millrace.examples.gpu.Part.Status;
import dev.millrace.kernels.cuda.KernelTime;
import dev.millrace.kernels.synthetic.WeightKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The whole engine with synthetic weights, in the middle of a run of equal requests.
 *
 * <p>Thread-safety: none.
 */
final class EngineBench implements AutoCloseable {
    private static final List<WeightKind> KINDS =
            List.of(WeightKind.DENSE, WeightKind.FP8, WeightKind.INT8, WeightKind.W4A16);
    private static final Duration MOST_TIME = Duration.ofSeconds(4);
    private static final int MOST_STEPS = 100;
    private static final Workload TIMELINE = new Workload(1000, 1000);
    private static final Workload TINY = new Workload(24, 8);

    private final String device;
    private final GpuArguments.Shapes shapes;
    private final boolean real;
    private SteadyState open;
    private String opened = "";

    EngineBench(String device, GpuArguments.Shapes shapes) {
        this.device = device;
        this.shapes = shapes;
        real = shapes == GpuArguments.Shapes.real;
    }

    /** For each kind of weight a timeline and every workload; the long one last, as it needs another engine. */
    List<Part> parts() {
        List<Part> parts = new ArrayList<>();
        for (WeightKind kind : KINDS) {
            parts.add(new Part("timeline-" + kind.label(), () -> timeline(kind)));
            for (Workload workload : real ? Workload.PUBLISHED : List.of(TINY)) {
                parts.add(
                        new Part(
                                "engine-" + kind.label() + "-" + workload,
                                () -> throughput(kind, workload)));
            }
        }
        return parts;
    }

    private Result throughput(WeightKind kind, Workload workload) {
        Figures figures =
                engine(kind, workload)
                        .measure(
                                workload.inputLen(),
                                workload.outputLen(),
                                real ? MOST_STEPS : 3,
                                MOST_TIME);
        ObjectNode details = ResultFolder.JSON.createObjectNode();
        details.put("kind", kind.label())
                .put("outputTokensPerSecond", figures.outputTokensPerSecond());
        details.set("figures", ResultFolder.JSON.valueToTree(figures));
        String summary =
                String.format(
                        Locale.ROOT,
                        "%,.0f tokens/s of answers, %d steps",
                        figures.outputTokensPerSecond(),
                        figures.steps());
        return new Result(Status.PASSED, summary, details);
    }

    /** Where the time of a step goes: by step, and by kernel inside of one. */
    private Result timeline(WeightKind kind) {
        Workload workload = real ? TIMELINE : TINY;
        SteadyState engine = engine(kind, workload);
        Figures figures =
                engine.measure(workload.inputLen(), workload.outputLen(), real ? 32 : 3, MOST_TIME);
        List<KernelTime> trace = engine.trace(workload.inputLen(), workload.outputLen());
        ObjectNode details = ResultFolder.JSON.createObjectNode();
        details.put("kind", kind.label()).put("workload", workload.toString());
        details.set("steps", ResultFolder.JSON.valueToTree(figures.first()));
        ArrayNode kernels = details.putArray("kernels");
        double total = 0;
        for (KernelSum sum : KernelSum.of(trace)) {
            total += sum.micros();
            kernels.add(ResultFolder.JSON.<JsonNode>valueToTree(sum));
        }
        details.put("kernelMicros", total);
        String summary =
                String.format(
                        Locale.ROOT,
                        "%d launches in a step, %,.0f us in kernels",
                        trace.size(),
                        total);
        return new Result(Status.PASSED, summary, details);
    }

    private SteadyState engine(WeightKind kind, Workload workload) {
        int maxModelLen = real ? workload.roundedLength() : 64;
        String wanted = kind.label() + " " + maxModelLen;
        if (!wanted.equals(opened)) {
            close();
            ModelConfig model =
                    SyntheticDecoder.config(shapes.model(), shapes.layers(), maxModelLen);
            open = SteadyState.open(model, kind, config());
            opened = wanted;
        }
        return open;
    }

    private EngineConfig config() {
        return EngineOptions.parse(
                real
                        ? Map.of(
                                "device", device,
                                "max-num-seqs", "1024",
                                "max-num-batched-tokens", "8192")
                        : Map.of(
                                "device", device,
                                "max-num-seqs", "4",
                                "max-num-batched-tokens", "32",
                                "kv-cache-memory", "1m"));
    }

    @Override
    public void close() {
        if (open != null) {
            open.close();
            open = null;
            opened = "";
        }
    }
}
