package dev.millrace.connector.sql.model;

import dev.millrace.engine.Completion;
import dev.millrace.engine.LlmEngine;
import dev.millrace.engine.Status;
import dev.millrace.engine.Usage;
import dev.millrace.operator.LlmMetrics;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.metrics.DescriptiveStatisticsHistogram;

/**
 * The group {@code model_inference}, by the names that Flink's own model providers are to have, and the operator's group {@code llm}.
 * Latency is in milliseconds, from the row's arrival to its end, waiting included.
 *
 * <p>Thread-safety: may be updated from any thread.
 */
final class InferenceMetrics {
    private static final int WINDOW = 1024;

    private final LlmMetrics llm;
    private final AtomicInteger inFlight = new AtomicInteger();
    private final Counter requests;
    private final Counter successes;
    private final Counter failures;
    private final Counter rows;
    private final Histogram latency;

    InferenceMetrics(MetricGroup parent, LlmEngine engine) {
        llm = new LlmMetrics(parent, engine, inFlight::get);
        MetricGroup group = parent.addGroup("model_inference");
        requests = group.counter("inference_requests");
        successes = group.counter("inference_requests_success");
        failures = group.counter("inference_requests_failure");
        rows = group.counter("inference_rows_output");
        latency =
                group.histogram("inference_latency_ms", new DescriptiveStatisticsHistogram(WINDOW));
    }

    synchronized void arrived() {
        inFlight.incrementAndGet();
        requests.inc();
    }

    /** {@code status} says what became of it. */
    synchronized void left(int rowsOut, Status status, long nanos) {
        inFlight.decrementAndGet();
        rows.inc(rowsOut);
        latency.update(nanos / 1_000_000);
        if (status == Status.OK) {
            successes.inc();
        } else {
            failures.inc();
            llm.failed(status);
        }
    }

    synchronized void completed(Completion completion) {
        llm.completed(completion);
    }

    synchronized void computed(Usage usage) {
        llm.computed(usage);
    }
}
