package dev.millrace.connector.sql.model;

import dev.millrace.connector.sql.ErrorHandlingStrategy;
import dev.millrace.connector.sql.row.Answer;
import dev.millrace.connector.sql.row.ColumnTexts;
import dev.millrace.engine.EngineFailedException;
import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.LlmEngine;
import dev.millrace.engine.Problem;
import dev.millrace.engine.Prompt;
import dev.millrace.engine.Status;
import dev.millrace.operator.OnEngineFailure;
import dev.millrace.operator.OperatorOptions;
import dev.millrace.operator.SharedEngine;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.util.FlinkRuntimeException;

/**
 * Asks a model about rows, for one subtask of one function. A row that cannot be answered, or not in time, becomes a row that says so; only
 * a broken engine fails the job, or any failure where the model wants that.
 *
 * <p>Thread-safety: rows come from the task thread.
 */
public final class RowInference implements AutoCloseable {
    private final SqlModel model;
    private final Deadline deadline;
    private final ColumnTexts texts;
    private final SharedEngine lease;
    private final EngineCalls calls;
    private final InferenceMetrics metrics;
    private final EngineTask<?> task;

    private RowInference(
            SqlModel model,
            Deadline deadline,
            SharedEngine lease,
            EngineCalls calls,
            InferenceMetrics metrics) {
        this.model = model;
        this.deadline = deadline;
        this.texts = new ColumnTexts(model.inputs());
        this.lease = lease;
        this.calls = calls;
        this.metrics = metrics;
        this.task = EngineTask.of(model);
    }

    /** Asks another model of the same engine, with the same lease; it is not to be closed. */
    public RowInference with(SqlModel other) {
        return new RowInference(other, deadline, lease, calls, metrics);
    }

    /** Leases the model's engine, and waits until it is loaded. */
    public static RowInference open(SqlModel model, Deadline deadline, FunctionContext context)
            throws InterruptedException {
        OperatorOptions defaults = OperatorOptions.defaults();
        OperatorOptions options =
                new OperatorOptions(
                        defaults.maxInFlight(),
                        deadline.timeout(),
                        linger(model),
                        defaults.onModelChange(),
                        OnEngineFailure.EXIT_IF_DEVICE_LOST);
        SharedEngine lease =
                SharedEngine.acquireForTask(
                        model.engine(),
                        context.getExternalResourceInfos(SharedEngine.GPUS),
                        options);
        InferenceMetrics metrics = new InferenceMetrics(context.getMetricGroup(), lease.engine());
        EngineCalls calls = new EngineCalls(lease.engine(), "millrace-sql-" + model.name());
        return new RowInference(model, deadline, lease, calls, metrics);
    }

    /** An engine of a job's own class loader must go with its last user, as functions get no word of the loader's end. */
    private static Duration linger(SqlModel model) {
        ClassLoader flink = FunctionContext.class.getClassLoader();
        boolean shared = SharedEngine.class.getClassLoader() == flink;
        return shared ? model.engineLinger() : Duration.ZERO;
    }

    /** The rows that a row becomes: none where it is skipped, several where the model gives several answers. */
    public CompletableFuture<Collection<RowData>> infer(RowData row) {
        long began = System.nanoTime();
        metrics.arrived();
        CompletableFuture<List<Answer>> answers;
        try {
            Optional<Prompt> prompt =
                    model.overflow().fit(model.prompt().of(row, texts), lease.engine());
            answers =
                    prompt.map(fitting -> ask(task, fitting))
                            .orElseGet(() -> CompletableFuture.completedFuture(List.of()));
        } catch (InvalidRequestException e) {
            answers = CompletableFuture.failedFuture(e);
        }
        return answers.handle((some, error) -> rows(some, error, began));
    }

    private <T> CompletableFuture<List<Answer>> ask(EngineTask<T> asked, Prompt prompt) {
        LlmEngine engine = lease.engine();
        return calls.call(
                        left -> asked.submit(engine, prompt, left),
                        deadline.timeout(),
                        deadline.patience())
                .thenApply(result -> asked.answers(result, metrics));
    }

    private Collection<RowData> rows(List<Answer> answers, Throwable error, long began) {
        List<Answer> all = error == null ? answers : List.of(failed(error));
        Problem problem = all.isEmpty() ? null : all.get(0).problem();
        Status status = problem == null ? Status.OK : problem.code().status();
        metrics.left(all.size(), status, System.nanoTime() - began);
        if (problem != null && model.errors() == ErrorHandlingStrategy.FAILOVER) {
            throw new FlinkRuntimeException(
                    "Model " + model.name() + " could not answer a row. " + problem.message());
        }
        return all.stream().map(model.outputs()::row).toList();
    }

    /** What a row becomes; what is not the row's fault is thrown. */
    private Answer failed(Throwable error) {
        Throwable cause = error instanceof CompletionException ? error.getCause() : error;
        if (cause instanceof InvalidRequestException invalid) {
            return invalid.problem().code().status() == Status.DEADLINE
                    ? RowProblems.timedOut(null)
                    : Answer.failed(invalid.problem());
        }
        if (cause instanceof TimeoutException) {
            return RowProblems.timedOut(null);
        }
        if (cause instanceof EngineFailedException broken) {
            lease.failed(broken, OnEngineFailure.EXIT_IF_DEVICE_LOST);
            throw broken;
        }
        throw new FlinkRuntimeException("The engine ended a request unexpectedly", cause);
    }

    /** Gives the engine back. */
    @Override
    public void close() {
        calls.close();
        lease.close();
    }
}
