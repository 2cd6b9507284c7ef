package dev.millrace.engine.tokenizer;

import dev.millrace.engine.jinja.TemplateException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs one rendering on a worker and gives up on it in time. The rendering asks {@link #check} at every node, so that a
 * worker does not go on for long after its caller has left.
 *
 * <p>Thread-safety: one caller and one worker.
 */
final class RenderDeadline {
    private static final int MAX_WORKERS = 4;
    private static final int MAX_WAITING = 1024;
    private static final ExecutorService WORKERS = workers();

    private final Duration duration;
    private final long end;

    RenderDeadline(Duration duration) {
        this.duration = duration;
        this.end = System.nanoTime() + duration.toNanos();
    }

    /** Called by the worker: ends an overdue rendering. */
    void check() {
        if (System.nanoTime() - end > 0 || Thread.currentThread().isInterrupted()) {
            throw new CancellationException("rendering is overdue");
        }
    }

    <T> T call(Callable<T> rendering) {
        Future<T> future;
        try {
            future = WORKERS.submit(rendering);
        } catch (RejectedExecutionException e) {
            throw overdue();
        }
        try {
            return future.get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            future.cancel(true);
            throw overdue();
        } catch (InterruptedException e) {
            future.cancel(true);
            Thread.currentThread().interrupt();
            throw overdue();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof TemplateException failure) {
                throw failure;
            }
            throw e.getCause() instanceof CancellationException
                    ? overdue()
                    : RenderErrors.failed(e.getCause().getClass().getSimpleName());
        }
    }

    /** Refusal of the request whose rendering took too long. */
    RuntimeException overdue() {
        return ChatTemplate.refuse(
                TokenizerError.TEMPLATE_DEADLINE,
                "a rendering that takes longer than " + duration.toMillis() + " ms",
                "one that ends in time",
                "Shorten the messages, or use another template");
    }

    private static ExecutorService workers() {
        ThreadPoolExecutor executor =
                new ThreadPoolExecutor(
                        MAX_WORKERS,
                        MAX_WORKERS,
                        10,
                        TimeUnit.SECONDS,
                        new LinkedBlockingQueue<>(MAX_WAITING),
                        RenderDeadline::daemon,
                        new ThreadPoolExecutor.AbortPolicy());
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }

    private static Thread daemon(Runnable work) {
        Thread thread = new Thread(work, "millrace-chat-template");
        thread.setDaemon(true);
        return thread;
    }
}
