package dev.millrace.examples;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.runtime.client.JobExecutionException;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.graph.StreamGraph;

/**
 * A Flink cluster in this process with one TaskManager, which can be killed and replaced.
 *
 * <p>Thread-safety: none, but {@link #cancel} may be called from any thread.
 */
final class LocalCluster implements AutoCloseable {
    private final MiniCluster cluster;
    private int taskManagers = 1;

    private LocalCluster(MiniCluster cluster) {
        this.cluster = cluster;
    }

    /**
     * Starts a cluster on free ports.
     *
     * @param slots most parallel subtasks
     * @param folder takes Flink's temporary files, its RPC library among them
     */
    static LocalCluster start(Configuration base, int slots, Path folder) throws Exception {
        Configuration configuration = new Configuration(base);
        configuration.set(CoreOptions.TMP_DIRS, folder.toString());
        MiniCluster cluster =
                new MiniCluster(
                        new MiniClusterConfiguration.Builder()
                                .setConfiguration(configuration)
                                .setNumTaskManagers(1)
                                .setNumSlotsPerTaskManager(slots)
                                .withRandomPorts()
                                .build());
        cluster.start();
        return new LocalCluster(cluster);
    }

    URI restAddress() {
        return cluster.getRestAddress().join();
    }

    JobID submit(StreamGraph graph) throws InterruptedException, ExecutionException {
        return cluster.submitJob(graph.getJobGraph()).get().getJobID();
    }

    /** Whether the job has ended, well or not. */
    boolean isEnded(JobID job) throws InterruptedException, ExecutionException {
        return cluster.getJobStatus(job).get().isGloballyTerminalState();
    }

    /** Waits for the job's end; a failed job is an exception. */
    void await(JobID job) throws InterruptedException, ExecutionException, JobExecutionException {
        try {
            cluster.requestJobResult(job)
                    .get()
                    .toJobExecutionResult(LocalCluster.class.getClassLoader());
        } catch (IOException | ClassNotFoundException e) {
            throw new ExecutionException(e);
        }
    }

    void cancel(JobID job) throws InterruptedException, ExecutionException {
        cluster.cancelJob(job).get();
    }

    /** The TaskManager is gone, with all its tasks and what they held in memory; another one takes its place. */
    void replaceTaskManager() throws Exception {
        cluster.terminateTaskManager(taskManagers - 1).get();
        cluster.startTaskManager();
        taskManagers++;
    }

    @Override
    public void close() {
        cluster.closeAsync().join();
    }
}
