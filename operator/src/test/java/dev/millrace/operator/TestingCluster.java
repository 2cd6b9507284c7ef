package dev.millrace.operator;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Metric;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.runtime.testutils.InMemoryReporter;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.util.TestStreamEnvironment;

/** A Flink cluster in this process with one TaskManager, which can be killed. */
final class TestingCluster implements AutoCloseable {
    private static final int SLOTS = 3;
    private static final Duration CHECKPOINT_INTERVAL = Duration.ofMillis(40);

    private final InMemoryReporter reporter = InMemoryReporter.createWithRetainedMetrics();
    private final MiniCluster flink;
    private int taskManager;

    TestingCluster() throws Exception {
        Configuration config = reporter.addToConfiguration(new Configuration());
        flink =
                new MiniCluster(
                        new MiniClusterConfiguration.Builder()
                                .setNumTaskManagers(1)
                                .setNumSlotsPerTaskManager(SLOTS)
                                .setConfiguration(config)
                                .withRandomPorts()
                                .build());
        flink.start();
    }

    /** A job's options: it restarts for ever, at once, and checkpoints often. */
    static Configuration jobConfig(Path directory) {
        Configuration config = new Configuration();
        config.set(RestartStrategyOptions.RESTART_STRATEGY, "fixed-delay");
        config.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_ATTEMPTS, 1000);
        config.set(
                RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_DELAY, Duration.ofMillis(10));
        config.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, CHECKPOINT_INTERVAL);
        config.set(CheckpointingOptions.CHECKPOINT_STORAGE, "filesystem");
        config.set(
                CheckpointingOptions.CHECKPOINTS_DIRECTORY,
                directory.resolve("checkpoints").toUri().toString());
        return config;
    }

    StreamExecutionEnvironment environment(Configuration config, int parallelism) {
        StreamExecutionEnvironment env =
                new TestStreamEnvironment(flink, config, parallelism, List.of(), List.of());
        env.setParallelism(parallelism);
        env.setMaxParallelism(8);
        return env;
    }

    /** Loses the TaskManager with all that runs on it, and gets a new one. */
    void killTaskManager() throws Exception {
        flink.terminateTaskManager(taskManager).get();
        taskManager++;
        flink.startTaskManager();
    }

    /** Sum of a counter of the LLM operator over all attempts and subtasks so far. */
    long counter(JobID job, String name) {
        Pattern ofOperator = Pattern.compile(".*\\.LLM[^.]*\\.\\d+\\." + Pattern.quote(name));
        long sum = 0;
        // Not by identifier: the attempts on one TaskManager have the same.
        for (Map.Entry<MetricGroup, Map<String, Metric>> group :
                reporter.getMetricsByGroup().entrySet()) {
            if (job.toString().equals(group.getKey().getAllVariables().get("<job_id>"))) {
                sum += sum(group.getKey(), group.getValue(), ofOperator);
            }
        }
        return sum;
    }

    private static long sum(MetricGroup group, Map<String, Metric> metrics, Pattern identifier) {
        long sum = 0;
        for (Map.Entry<String, Metric> metric : metrics.entrySet()) {
            if (identifier.matcher(group.getMetricIdentifier(metric.getKey())).matches()) {
                sum += ((Counter) metric.getValue()).getCount();
            }
        }
        return sum;
    }

    long completedCheckpoints(JobID job) throws Exception {
        return flink.getExecutionGraph(job)
                .get()
                .getCheckpointStatsSnapshot()
                .getCounts()
                .getNumberOfCompletedCheckpoints();
    }

    @Override
    public void close() {
        try {
            flink.close();
        } catch (Exception e) {
            throw new IllegalStateException("The cluster did not close", e);
        }
    }
}
