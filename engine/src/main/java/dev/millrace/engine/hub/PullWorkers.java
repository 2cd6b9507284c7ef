package dev.millrace.engine.hub;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Threads of one fetch. The first failure ends what the others do.
 *
 * <p>Thread-safety: none; the fetching thread owns it.
 */
final class PullWorkers implements AutoCloseable {
    private static final int PARALLEL = 8;

    private final ExecutorService workers =
            Executors.newFixedThreadPool(PARALLEL, work -> daemon(work, "millrace-pull"));
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(work -> daemon(work, "millrace-pull-timer"));

    /** Work on one item. */
    interface Task<T, R> {
        R run(T item) throws InterruptedException;
    }

    ScheduledExecutorService timer() {
        return timer;
    }

    /** Runs {@code task} on every item, several at a time; the order of the results is any. */
    <T, R> List<R> all(Collection<T> items, Task<T, R> task) throws InterruptedException {
        CompletionService<R> running = new ExecutorCompletionService<>(workers);
        for (T item : items) {
            running.submit(() -> task.run(item));
        }
        List<R> results = new ArrayList<>();
        for (int i = 0; i < items.size(); i++) {
            try {
                results.add(running.take().get());
            } catch (ExecutionException e) {
                throw unwrapped(e.getCause());
            }
        }
        return results;
    }

    private static RuntimeException unwrapped(Throwable cause) {
        if (cause instanceof RuntimeException failure) {
            return failure;
        }
        return new IllegalStateException("a fetch failed", cause);
    }

    /** Ends what still runs, so that nobody writes when the cache's lock is given up. */
    @Override
    public void close() {
        workers.shutdownNow();
        timer.shutdownNow();
        boolean interrupted = false;
        while (!workers.isTerminated()) {
            try {
                workers.awaitTermination(1, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static Thread daemon(Runnable work, String name) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        return thread;
    }
}
