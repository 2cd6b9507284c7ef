package dev.millrace.examples;

import java.util.Map;
import java.util.Properties;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Metric;
import org.apache.flink.metrics.MetricConfig;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.reporter.MetricReporter;
import org.apache.flink.metrics.reporter.MetricReporterFactory;

/**
 * The metrics of group {@code llm} of a job that runs in this process. Counters begin at zero after each restart of a task;
 * here they are summed over subtasks and attempts.
 *
 * <p>Thread-safety: all methods may be called from any thread.
 */
final class JobMetrics implements MetricReporter, AutoCloseable {
    private static final String GROUP = "llm";
    private static final String ID = "id";

    // Flink creates reporters by class name, so an instance can only be handed over by a name for
    // it.
    private static final Map<String, JobMetrics> BY_ID = new ConcurrentHashMap<>();

    private final String id = UUID.randomUUID().toString();
    private final Map<String, Queue<Counter>> counters = new ConcurrentHashMap<>();
    private final Map<Gauge<?>, String> gauges = new ConcurrentHashMap<>();

    /** Makes a cluster report to the new instance. */
    static JobMetrics registerIn(Configuration cluster) {
        JobMetrics metrics = new JobMetrics();
        BY_ID.put(metrics.id, metrics);
        cluster.setString("metrics.reporters", "millrace");
        cluster.setString("metrics.reporter.millrace.factory.class", Factory.class.getName());
        cluster.setString("metrics.reporter.millrace." + ID, metrics.id);
        return metrics;
    }

    /** Sum of a counter over subtasks and attempts. */
    long count(String name) {
        return counters.getOrDefault(name, new ConcurrentLinkedQueue<>()).stream()
                .mapToLong(Counter::getCount)
                .sum();
    }

    /** Sum of a gauge over the subtasks that run now. */
    double sum(String name) {
        return gauges.entrySet().stream()
                .filter(gauge -> gauge.getValue().equals(name))
                .mapToDouble(gauge -> value(gauge.getKey()))
                .sum();
    }

    /** Largest value of a gauge over the subtasks that run now; for gauges of the engine they share. */
    double max(String name) {
        return gauges.entrySet().stream()
                .filter(gauge -> gauge.getValue().equals(name))
                .mapToDouble(gauge -> value(gauge.getKey()))
                .max()
                .orElse(0);
    }

    private static double value(Gauge<?> gauge) {
        return gauge.getValue() instanceof Number number ? number.doubleValue() : 0;
    }

    @Override
    public void open(MetricConfig config) {}

    @Override
    public void notifyOfAddedMetric(Metric metric, String name, MetricGroup group) {
        String[] scope = group.getScopeComponents();
        if (scope.length == 0 || !scope[scope.length - 1].equals(GROUP)) {
            return;
        }
        if (metric instanceof Counter counter) {
            counters.computeIfAbsent(name, any -> new ConcurrentLinkedQueue<>()).add(counter);
        } else if (metric instanceof Gauge<?> gauge) {
            gauges.put(gauge, name);
        }
    }

    @Override
    public void notifyOfRemovedMetric(Metric metric, String name, MetricGroup group) {
        if (metric instanceof Gauge<?> gauge) {
            gauges.remove(gauge);
        }
    }

    @Override
    public void close() {
        BY_ID.remove(id);
    }

    /** Finds the instance that a cluster's configuration names. */
    public static final class Factory implements MetricReporterFactory {
        @Override
        public MetricReporter createMetricReporter(Properties properties) {
            JobMetrics metrics = BY_ID.get(properties.getProperty(ID));
            return metrics == null ? new JobMetrics() : metrics;
        }
    }
}
