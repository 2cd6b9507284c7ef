package dev.millrace.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.LlmEngine;
import dev.millrace.engine.Status;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.Meter;
import org.apache.flink.metrics.Metric;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.SimpleCounter;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.junit.jupiter.api.Test;

final class LlmMetricsTest {
    private final Map<String, Metric> registered = new TreeMap<>();

    @Test
    void everyMetricHasItsNameAndCounts() {
        try (LlmEngine engine = TestEngines.free()) {
            LlmMetrics metrics = new LlmMetrics(new FakeGroup("", registered), engine, () -> 7);
            metrics.completed(engine.submit(TestingSpecs.request("hello", 5)).join());
            metrics.failed(Status.DEADLINE);
            metrics.resumed(3);
            metrics.discarded(4);
            assertThat(registered.keySet())
                    .containsExactlyInAnyOrder(
                            ".llm.inFlightRecords",
                            ".llm.runningRequests",
                            ".llm.waitingRequests",
                            ".llm.preemptions",
                            ".llm.kvCacheUsage",
                            ".llm.promptTokens",
                            ".llm.generationTokens",
                            ".llm.resumedTokens",
                            ".llm.discardedTokens",
                            ".llm.timeToFirstToken",
                            ".llm.interTokenLatency",
                            ".llm.requestLatency",
                            ".llm.finishReason.stop",
                            ".llm.finishReason.length",
                            ".llm.finishReason.timeout",
                            ".llm.failedRecords.INVALID_INPUT",
                            ".llm.failedRecords.PROMPT_TOO_LONG",
                            ".llm.failedRecords.DEADLINE",
                            ".llm.failedRecords.CANCELLED",
                            ".llm.failedRecords.ENGINE_ERROR");
            assertThat(count("promptTokens")).isEqualTo(5);
            assertThat(count("generationTokens")).isEqualTo(5);
            assertThat(count("finishReason.length")).isEqualTo(1);
            assertThat(count("failedRecords.DEADLINE")).isEqualTo(1);
            assertThat(count("resumedTokens")).isEqualTo(3);
            assertThat(count("discardedTokens")).isEqualTo(4);
            assertThat(samples("timeToFirstToken")).isEqualTo(1);
            assertThat(samples("interTokenLatency")).isEqualTo(1);
            assertThat(samples("requestLatency")).isEqualTo(1);
            for (Metric metric : registered.values()) {
                if (metric instanceof Gauge<?> gauge) {
                    assertThat(((Number) gauge.getValue()).doubleValue()).isNotNegative();
                }
            }
        }
    }

    private long count(String name) {
        return ((Counter) registered.get(".llm." + name)).getCount();
    }

    private long samples(String name) {
        return ((Histogram) registered.get(".llm." + name)).getCount();
    }

    /** Remembers what is registered under its dotted name. */
    private static final class FakeGroup extends UnregisteredMetricsGroup {
        private final String name;
        private final Map<String, Metric> all;

        FakeGroup(String name, Map<String, Metric> all) {
            this.name = name;
            this.all = all;
        }

        private <M extends Metric> M put(String metricName, M metric) {
            assertThat(all.put(name + "." + metricName, metric)).isNull();
            return metric;
        }

        @Override
        public MetricGroup addGroup(String child) {
            return new FakeGroup(name + "." + child, all);
        }

        @Override
        public Counter counter(String metricName) {
            return put(metricName, new SimpleCounter());
        }

        @Override
        public <T, G extends Gauge<T>> G gauge(String metricName, G gauge) {
            return put(metricName, gauge);
        }

        @Override
        public <H extends Histogram> H histogram(String metricName, H histogram) {
            return put(metricName, histogram);
        }

        @Override
        public <M extends Meter> M meter(String metricName, M meter) {
            return put(metricName, meter);
        }
    }
}
