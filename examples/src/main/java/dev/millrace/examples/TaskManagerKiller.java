package dev.millrace.examples;

import java.util.SplittableRandom;

/**
 * Kills the TaskManager once, at a random moment around the middle of the job, while answers are half generated.
 *
 * <p>Thread-safety: none.
 */
final class TaskManagerKiller {
    private final LocalCluster cluster;
    private final long committedAnswers;
    private boolean killed;

    TaskManagerKiller(LocalCluster cluster, int tickets, long seed) {
        this.cluster = cluster;
        double share = 0.35 + 0.1 * new SplittableRandom(seed).nextDouble();
        this.committedAnswers = Math.max(1, Math.round(share * tickets));
    }

    /**
     * Kills if it is time to.
     *
     * @param committed answers that readers see; each of them proves that a checkpoint was completed
     * @param running answers that are being generated
     * @return whether it did
     */
    boolean killIfDue(long committed, double running) throws Exception {
        if (killed || committed < committedAnswers || running == 0) {
            return false;
        }
        killed = true;
        cluster.replaceTaskManager();
        return true;
    }

    boolean hasKilled() {
        return killed;
    }
}
