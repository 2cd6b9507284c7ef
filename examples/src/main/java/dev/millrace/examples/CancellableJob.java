package dev.millrace.examples;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.JobID;
import org.apache.flink.runtime.client.JobExecutionException;

/**
 * A job of this process that Ctrl-C cancels: its transactions are aborted before the process ends.
 *
 * <p>Thread-safety: {@link #await} is called once.
 */
final class CancellableJob {
    private static final int PATIENCE_SECONDS = 20;

    private final LocalCluster cluster;
    private final JobID id;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean cancelling;

    CancellableJob(LocalCluster cluster, JobID id) {
        this.cluster = cluster;
        this.id = id;
    }

    /** Waits for the end of the job; a failed one is an exception, a cancelled one is not. */
    void await() throws InterruptedException, ExecutionException, JobExecutionException {
        Thread hook = new Thread(this::cancel, "cancel-job");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            cluster.await(id);
        } catch (JobExecutionException e) {
            if (!cancelling) {
                throw e;
            }
        } finally {
            ended.countDown();
            if (!cancelling) {
                Runtime.getRuntime().removeShutdownHook(hook);
            }
        }
    }

    private void cancel() {
        cancelling = true;
        try {
            cluster.cancel(id);
            if (!ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                System.err.println("millrace: the job does not stop; leaving it");
            }
        } catch (InterruptedException | ExecutionException e) {
            System.err.println("millrace: the job could not be cancelled: " + e.getMessage());
        }
    }
}
