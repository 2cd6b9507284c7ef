package dev.millrace.connector.sql.model;

import dev.millrace.engine.EngineOverloadedException;
import dev.millrace.engine.LlmEngine;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/**
 * Asks the engine for a function of Flink, which can neither wait nor lose a row: a call that the engine does not admit yet is made again
 * when it does, and a call that is not over by its deadline fails with a {@link TimeoutException}, whatever the engine does.
 *
 * <p>One thread makes calls again, watches deadlines and completes futures, so that rows are not made on the engine's thread.
 *
 * <p>Thread-safety: calls may come from any thread.
 */
final class EngineCalls implements AutoCloseable {
    private final LlmEngine engine;
    private final ScheduledThreadPoolExecutor worker;

    EngineCalls(LlmEngine engine, String name) {
        this.engine = engine;
        worker =
                new ScheduledThreadPoolExecutor(
                        1,
                        runnable -> {
                            Thread thread = new Thread(runnable, name);
                            thread.setDaemon(true);
                            return thread;
                        });
        worker.setRemoveOnCancelPolicy(true);
    }

    /** The thread on which futures complete. */
    Executor worker() {
        return worker;
    }

    /**
     * Makes a call.
     *
     * @param submit asks the engine, given the time that is left; empty for no limit
     * @param timeout the engine's deadline; zero for none
     * @param patience from here on no answer is waited for; zero for ever
     */
    <T> CompletableFuture<T> call(
            Function<Optional<Duration>, CompletableFuture<T>> submit,
            Duration timeout,
            Duration patience) {
        Call<T> call = new Call<>(submit, timeout);
        call.start(patience);
        return call.result;
    }

    private final class Call<T> {
        private final CompletableFuture<T> result = new CompletableFuture<>();
        private final Function<Optional<Duration>, CompletableFuture<T>> submit;
        private final long deadline;
        private final boolean limited;
        private volatile CompletableFuture<T> asked;

        Call(Function<Optional<Duration>, CompletableFuture<T>> submit, Duration timeout) {
            this.submit = submit;
            this.limited = !timeout.isZero();
            this.deadline = System.nanoTime() + timeout.toNanos();
        }

        void start(Duration patience) {
            if (!patience.isZero()) {
                ScheduledFuture<?> timer =
                        worker.schedule(this::giveUp, patience.toNanos(), TimeUnit.NANOSECONDS);
                CompletableFuture<T> unused =
                        result.whenComplete((value, error) -> timer.cancel(false));
            }
            ask();
        }

        private void ask() {
            if (result.isDone()) {
                return;
            }
            Optional<Duration> left =
                    limited
                            ? Optional.of(Duration.ofNanos(deadline - System.nanoTime()))
                            : Optional.empty();
            if (left.isPresent() && left.get().toNanos() <= 0) {
                giveUp();
                return;
            }
            try {
                CompletableFuture<T> inEngine = submit.apply(left);
                asked = inEngine;
                CompletableFuture<T> unused = inEngine.whenComplete(this::complete);
                if (result.isDone()) {
                    inEngine.cancel(true); // given up before it was asked
                }
            } catch (EngineOverloadedException e) {
                CompletableFuture<Void> unused =
                        engine.whenAdmitting().whenComplete((admitting, error) -> later(this::ask));
            } catch (RuntimeException e) {
                result.completeExceptionally(e);
            }
        }

        private void complete(T value, Throwable error) {
            later(
                    () -> {
                        if (error == null) {
                            result.complete(value);
                        } else {
                            result.completeExceptionally(error);
                        }
                    });
        }

        private void giveUp() {
            CompletableFuture<T> inEngine = asked;
            result.completeExceptionally(new TimeoutException());
            if (inEngine != null) {
                inEngine.cancel(true);
            }
        }
    }

    private void later(Runnable action) {
        try {
            worker.execute(action);
        } catch (RejectedExecutionException e) {
            // Closed: nobody waits any more.
            return;
        }
    }

    @Override
    public void close() {
        worker.shutdownNow();
    }
}
