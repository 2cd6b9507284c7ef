package dev.millrace.operator;

import dev.millrace.engine.Problem;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends this process because it has lost its GPU.
 *
 * <p>Thread-safety: stateless.
 */
final class ProcessExit {
    /** As Flink's own fatal errors do. */
    static final int EXIT_CODE = -17;

    private static final Logger LOG = LoggerFactory.getLogger(ProcessExit.class);
    private static final int PATIENCE_SECONDS = 10;

    private ProcessExit() {}

    /** Returns at once; the process ends a moment later, whatever its shutdown hooks do. */
    static void deviceLost(Problem problem) {
        LOG.error(
                "This process ends, so that it is replaced by one with a working GPU: {}",
                problem.message());
        daemon("millrace-exit", () -> System.exit(EXIT_CODE));
        daemon("millrace-halt", ProcessExit::halt);
    }

    private static void halt() {
        try {
            // Nobody counts down: what is meant is a wait.
            boolean unused = new CountDownLatch(1).await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(EXIT_CODE);
    }

    private static void daemon(String name, Runnable action) {
        Thread thread = new Thread(action, name);
        thread.setDaemon(true);
        thread.start();
    }
}
