package dev.millrace.operator;

import dev.millrace.engine.Completion;
import dev.millrace.engine.EngineStats;
import dev.millrace.engine.FinishReason;
import dev.millrace.engine.LlmEngine;
import dev.millrace.engine.Output;
import dev.millrace.engine.Status;
import dev.millrace.engine.Timing;
import dev.millrace.engine.Usage;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.metrics.DescriptiveStatisticsHistogram;

/**
 * The metrics group {@code llm}. Gauges are those of the engine and thus equal for all subtasks that share it, save
 * {@code inFlightRecords}; counters and histograms are the subtask's own. Durations are in microseconds.
 *
 * <p>Thread-safety: updated by the task thread, read by reporters.
 */
public final class LlmMetrics {
    private static final int WINDOW = 1024;

    private final Counter promptTokens;
    private final Counter generationTokens;
    private final Counter resumedTokens;
    private final Counter discardedTokens;
    private final Histogram timeToFirstToken;
    private final Histogram interTokenLatency;
    private final Histogram requestLatency;
    private final Map<FinishReason, Counter> finishReasons = new EnumMap<>(FinishReason.class);
    private final Map<Status, Counter> failedRecords = new EnumMap<>(Status.class);

    /** Registers the group below {@code parent}. */
    public LlmMetrics(MetricGroup parent, LlmEngine engine, Gauge<Integer> inFlightRecords) {
        MetricGroup group = parent.addGroup("llm");
        group.gauge("inFlightRecords", inFlightRecords);
        engineGauge(group, "runningRequests", engine, EngineStats::runningRequests);
        engineGauge(group, "waitingRequests", engine, EngineStats::waitingRequests);
        engineGauge(group, "preemptions", engine, EngineStats::preemptions);
        group.<Double, Gauge<Double>>gauge("kvCacheUsage", () -> kvCacheUsage(engine.stats()));
        promptTokens = group.counter("promptTokens");
        generationTokens = group.counter("generationTokens");
        resumedTokens = group.counter("resumedTokens");
        discardedTokens = group.counter("discardedTokens");
        timeToFirstToken = histogram(group, "timeToFirstToken");
        interTokenLatency = histogram(group, "interTokenLatency");
        requestLatency = histogram(group, "requestLatency");
        for (FinishReason reason : FinishReason.values()) {
            finishReasons.put(reason, group.addGroup("finishReason").counter(reason.text()));
        }
        for (Status status : Status.values()) {
            if (status != Status.OK) {
                failedRecords.put(status, group.addGroup("failedRecords").counter(status.name()));
            }
        }
    }

    /** Tokens brought along from a checkpoint instead of generated again. */
    void resumed(long tokens) {
        resumedTokens.inc(tokens);
    }

    /** Tokens of a checkpoint that are of no use, because the model or the request has changed. */
    void discarded(long tokens) {
        discardedTokens.inc(tokens);
    }

    /** A record or row could not be answered. */
    public void failed(Status status) {
        failedRecords.get(status).inc();
    }

    /** An answer is complete. */
    public void completed(Completion completion) {
        promptTokens.inc(completion.usage().promptTokens());
        int generated = completion.usage().generatedTokens() - completion.usage().resumedTokens();
        generationTokens.inc(generated);
        for (Output output : completion.outputs()) {
            finishReasons.get(output.finishReason()).inc();
        }
        Timing timing = completion.timing();
        requestLatency.update(timing.totalNanos() / 1000);
        if (generated > 0) {
            timeToFirstToken.update(timing.firstTokenNanos() / 1000);
        }
        long perOutput = generated / completion.outputs().size();
        if (perOutput > 1) {
            long decoding = timing.totalNanos() - timing.firstTokenNanos();
            interTokenLatency.update(decoding / (perOutput - 1) / 1000);
        }
    }

    /** A prompt was computed whose answer is no text. */
    public void computed(Usage usage) {
        promptTokens.inc(usage.promptTokens());
    }

    private static void engineGauge(
            MetricGroup group, String name, LlmEngine engine, ToLongFunction<EngineStats> value) {
        group.<Long, Gauge<Long>>gauge(name, () -> value.applyAsLong(engine.stats()));
    }

    private static Histogram histogram(MetricGroup group, String name) {
        return group.histogram(name, new DescriptiveStatisticsHistogram(WINDOW));
    }

    private static double kvCacheUsage(EngineStats stats) {
        return stats.totalBlocks() == 0 ? 0 : (double) stats.usedBlocks() / stats.totalBlocks();
    }
}
