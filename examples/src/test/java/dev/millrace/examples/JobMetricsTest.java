package dev.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Properties;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.SimpleCounter;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.junit.jupiter.api.Test;

final class JobMetricsTest {
    private final JobMetrics metrics = JobMetrics.registerIn(new Configuration());

    @Test
    void countersAreSummedOverAttempts() {
        Counter first = new SimpleCounter();
        Counter second = new SimpleCounter();
        metrics.notifyOfAddedMetric(first, "resumedTokens", scope("job", "llm"));
        first.inc(5);
        metrics.notifyOfRemovedMetric(first, "resumedTokens", scope("job", "llm"));
        metrics.notifyOfAddedMetric(second, "resumedTokens", scope("job", "llm"));
        second.inc(2);
        assertThat(metrics.count("resumedTokens")).isEqualTo(7);
    }

    @Test
    void gaugesCountWhileTheirTaskRuns() {
        Gauge<Integer> gone = () -> 3;
        Gauge<Integer> running = () -> 4;
        Gauge<Integer> alsoRunning = () -> 1;
        metrics.notifyOfAddedMetric(gone, "inFlightRecords", scope("llm"));
        metrics.notifyOfAddedMetric(running, "inFlightRecords", scope("llm"));
        metrics.notifyOfAddedMetric(alsoRunning, "inFlightRecords", scope("llm"));
        metrics.notifyOfRemovedMetric(gone, "inFlightRecords", scope("llm"));
        assertThat(metrics.sum("inFlightRecords")).isEqualTo(5);
        assertThat(metrics.max("inFlightRecords")).isEqualTo(4);
    }

    @Test
    void metricsOfOtherGroupsAreLeftOut() {
        Counter other = new SimpleCounter();
        other.inc();
        metrics.notifyOfAddedMetric(other, "resumedTokens", scope("llm", "sub"));
        assertThat(metrics.count("resumedTokens")).isZero();
    }

    @Test
    void theFactoryFindsTheInstanceUntilItIsClosed() {
        Configuration configuration = new Configuration();
        JobMetrics registered = JobMetrics.registerIn(configuration);
        Properties properties = new Properties();
        properties.put("id", configuration.toMap().get("metrics.reporter.millrace.id"));
        assertThat(new JobMetrics.Factory().createMetricReporter(properties)).isSameAs(registered);
        registered.close();
        assertThat(new JobMetrics.Factory().createMetricReporter(properties))
                .isNotSameAs(registered);
    }

    private static MetricGroup scope(String... components) {
        return new UnregisteredMetricsGroup() {
            @Override
            public String[] getScopeComponents() {
                return components;
            }
        };
    }
}
