package dev.millrace.connector;

import dev.millrace.operator.EngineProvider;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Metric;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.runtime.testutils.InMemoryReporter;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.util.TestStreamEnvironment;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;

/** A Flink cluster in this process, whose TaskManagers can be killed. */
final class TestingFlink implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(60);

    private final InMemoryReporter reporter = InMemoryReporter.createWithRetainedMetrics();
    private final MiniCluster cluster;
    private int oldestTaskManager;

    TestingFlink(int taskManagers, int slots) throws Exception {
        cluster =
                new MiniCluster(
                        new MiniClusterConfiguration.Builder()
                                .setNumTaskManagers(taskManagers)
                                .setNumSlotsPerTaskManager(slots)
                                .setConfiguration(reporter.addToConfiguration(new Configuration()))
                                .withRandomPorts()
                                .build());
        cluster.start();
    }

    JobID submit(JobConfig config, EngineProvider engine) throws Exception {
        StreamExecutionEnvironment env =
                StreamExecutionEnvironment.getExecutionEnvironment(new Configuration());
        KafkaLlmJob.build(env, config, engine);
        return cluster.submitJob(env.getStreamGraph().getJobGraph()).get().getJobID();
    }

    /** SQL whose jobs run on this cluster. */
    StreamTableEnvironment tables(int parallelism, Map<String, String> settings) {
        return StreamTableEnvironment.create(
                new TestStreamEnvironment(
                        cluster,
                        Configuration.fromMap(settings),
                        parallelism,
                        List.of(),
                        List.of()));
    }

    /** Ends the job with a savepoint in the folder; returns where it is. */
    String stopWithSavepoint(JobID job, Path folder) throws Exception {
        return cluster.stopWithSavepoint(
                        job, folder.toUri().toString(), false, SavepointFormatType.CANONICAL)
                .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    void awaitEnd(JobID job) throws Exception {
        cluster.requestJobResult(job)
                .get(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                .toJobExecutionResult(TestingFlink.class.getClassLoader());
    }

    void cancel(JobID job) throws Exception {
        cluster.cancelJob(job).get();
        cluster.requestJobResult(job).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    boolean isDone(JobID job) throws Exception {
        return cluster.getJobStatus(job).get().isGloballyTerminalState();
    }

    long completedCheckpoints(JobID job) throws Exception {
        return cluster.getExecutionGraph(job)
                .get()
                .getCheckpointStatsSnapshot()
                .getCounts()
                .getNumberOfCompletedCheckpoints();
    }

    /** Loses the oldest TaskManager with all that runs on it, and gets a new one. */
    void killTaskManager() throws Exception {
        cluster.terminateTaskManager(oldestTaskManager).get();
        oldestTaskManager++;
        cluster.startTaskManager();
    }

    /** Sum of a counter of the operator's group {@code llm} over all attempts and subtasks of a job so far. */
    long counter(JobID job, String name) {
        long sum = 0;
        for (Map.Entry<MetricGroup, Map<String, Metric>> group :
                reporter.getMetricsByGroup().entrySet()) {
            boolean ofJob = job.toString().equals(group.getKey().getAllVariables().get("<job_id>"));
            Metric metric = group.getValue().get(name);
            if (ofJob && metric instanceof Counter counter) {
                sum += counter.getCount();
            }
        }
        return sum;
    }

    @Override
    public void close() {
        try {
            cluster.close();
        } catch (Exception e) {
            throw new IllegalStateException("The cluster did not close", e);
        }
    }
}
