package dev.millrace.operator;

import dev.millrace.engine.Completion;
import dev.millrace.engine.EngineFailedException;
import dev.millrace.engine.EngineOverloadedException;
import dev.millrace.engine.FinishReason;
import dev.millrace.engine.Generation;
import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.LlmEngine;
import dev.millrace.engine.Output;
import dev.millrace.engine.Problem;
import dev.millrace.engine.Request;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.apache.flink.util.FlinkRuntimeException;
import org.apache.flink.util.OutputTag;

/**
 * Asks the engine about each record and emits the answers as they become ready, with the records in flight and the tokens
 * they have so far as its state.
 *
 * <p>Everything here happens on the task thread. The engine thread only drops what it has completed into {@link
 * #completed} and sends a mail. A record that the engine does not admit yet waits in {@link #backlog}; while one waits, the
 * operator yields to its mails and takes no input, which is how back pressure reaches the source. Restored records take the
 * same way, without yielding.
 *
 * <p>Checkpoints copy the progress of what is in flight and never wait for a generation to end. They do wait for an
 * admission or for the end of the input to be answered: Flink runs no checkpoint while an operator handles an element.
 *
 * <p>Thread-safety: none; owned by the task thread.
 */
final class LlmOperator<IN, OUT> extends AbstractStreamOperator<OUT>
        implements OneInputStreamOperator<IN, OUT>, BoundedOneInput {
    private static final String STATE = "llm-in-flight";

    private record Completed<IN>(InFlight<IN> inFlight, Completion completion, Throwable error) {}

    private final LlmSpec<IN, OUT> spec;
    private final OutputTag<FailedRecord<IN>> failedTag;
    private final transient MailboxExecutor mailbox;

    private transient TypeSerializer<IN> recordSerializer;
    private transient ListState<InFlightState<IN>> state;
    private transient List<InFlightState<IN>> restored;
    private transient SharedEngine sharedEngine;
    private transient LlmEngine engine;
    private transient LlmMetrics llmMetrics;
    private transient Resumption resumption;
    private transient HeldWatermarks watermarks;
    private transient CompletedQueue<Completed<IN>> completed;
    private transient Set<InFlight<IN>> inFlight;
    private transient Deque<InFlight<IN>> backlog;
    private transient CompletableFuture<Void> admission;

    LlmOperator(
            StreamOperatorParameters<OUT> parameters,
            LlmSpec<IN, OUT> spec,
            OutputTag<FailedRecord<IN>> failedTag) {
        super(parameters);
        this.spec = spec;
        this.failedTag = failedTag;
        this.mailbox = parameters.getMailboxExecutor();
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        recordSerializer = getOperatorConfig().getTypeSerializerIn(0, getUserCodeClassloader());
        state =
                context.getOperatorStateStore()
                        .getListState(
                                new ListStateDescriptor<>(
                                        STATE, new InFlightSerializer<>(recordSerializer)));
        restored = new ArrayList<>();
        for (InFlightState<IN> inState : state.get()) {
            restored.add(inState.nextAttempt());
        }
    }

    @Override
    public void open() throws Exception {
        super.open();
        TaskChecks.onOpen(this);
        sharedEngine =
                SharedEngine.acquireForTask(
                        spec.engine(),
                        getRuntimeContext().getExternalResourceInfos(SharedEngine.GPUS),
                        spec.options());
        engine = sharedEngine.engine();
        inFlight = new LinkedHashSet<>();
        backlog = new ArrayDeque<>();
        completed = new CompletedQueue<>(mailbox, this::onMail);
        watermarks = new HeldWatermarks(super::processWatermark, super::processWatermarkStatus);
        llmMetrics = new LlmMetrics(getMetricGroup(), engine, inFlight::size);
        resumption = new Resumption(spec.options(), engine.fingerprint(), llmMetrics);
        for (InFlightState<IN> inState : restored) {
            enter(inState);
        }
        restored = null;
        submitBacklog();
    }

    @Override
    public void processElement(StreamRecord<IN> element) throws Exception {
        IN record = element.getValue();
        if (getExecutionConfig().isObjectReuseEnabled()) {
            record = recordSerializer.copy(record);
        }
        boolean timed = element.hasTimestamp();
        enter(InFlightState.arrived(record, timed, timed ? element.getTimestamp() : 0));
        submitBacklog();
        while (!backlog.isEmpty()) {
            mailbox.yield();
        }
    }

    @Override
    public void processWatermark(Watermark watermark) throws Exception {
        watermarks.add(watermark);
    }

    @Override
    public void processWatermarkStatus(WatermarkStatus status) throws Exception {
        watermarks.add(status);
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        List<InFlightState<IN>> all = new ArrayList<>(inFlight.size());
        for (InFlight<IN> one : inFlight) {
            all.add(one.snapshot(engine.fingerprint()));
        }
        state.update(all);
    }

    @Override
    public void endInput() throws Exception {
        while (!inFlight.isEmpty()) {
            mailbox.yield();
        }
    }

    @Override
    public void close() throws Exception {
        if (completed != null) {
            completed.close();
            inFlight.forEach(InFlight::cancel);
        }
        if (sharedEngine != null) {
            sharedEngine.close();
        }
        super.close();
    }

    /** Asks for the record and puts it behind those that wait for admission. */
    private void enter(InFlightState<IN> origin) throws IOException {
        Request request;
        try {
            request = Objects.requireNonNull(spec.request().request(origin.record()));
        } catch (RuntimeException e) {
            fail(origin, OperatorError.REQUEST_FUNCTION.problem(e));
            return;
        }
        long digest = RequestDigest.of(request);
        Request resumed = resumption.resume(request, digest, origin);
        InFlight<IN> entered = new InFlight<>(origin, resumed, digest, watermarks.entered());
        inFlight.add(entered);
        backlog.add(entered);
    }

    /** Submits what waits, in order, as far as this operator's bound and the engine allow. */
    private void submitBacklog() throws Exception {
        int bound = spec.options().maxInFlight();
        while (!backlog.isEmpty() && inFlight.size() - backlog.size() < bound) {
            InFlight<IN> next = backlog.removeFirst();
            try {
                submit(next);
            } catch (EngineOverloadedException e) {
                backlog.addFirst(next);
                wakeWhenAdmitting();
                return;
            }
        }
    }

    private void submit(InFlight<IN> next) throws Exception {
        try {
            Generation generation = engine.submit(next.request());
            next.admitted(generation);
            CompletableFuture<Completion> unused =
                    generation.whenComplete(
                            (completion, error) ->
                                    completed.add(new Completed<>(next, completion, error)));
        } catch (InvalidRequestException e) {
            leave(next, null, e);
        } catch (EngineFailedException e) {
            throw engineFailed(e);
        }
    }

    private void wakeWhenAdmitting() {
        if (admission == null || admission.isDone()) {
            admission = engine.whenAdmitting();
            CompletableFuture<Void> unused =
                    admission.whenComplete((admitting, error) -> completed.wake());
        }
    }

    /** The one mail: emits what is complete, then submits what waits. */
    private void onMail() throws Exception {
        completed.arm();
        for (Completed<IN> next = completed.poll(); next != null; next = completed.poll()) {
            leave(next.inFlight(), next.completion(), next.error());
        }
        submitBacklog();
    }

    private void leave(InFlight<IN> leaving, Completion completion, Throwable error)
            throws Exception {
        inFlight.remove(leaving);
        if (error == null) {
            answer(leaving.origin(), completion);
        } else if (error instanceof InvalidRequestException invalid) {
            fail(leaving.origin(), invalid.problem());
        } else if (error instanceof EngineFailedException failed) {
            throw engineFailed(failed);
        } else {
            throw new FlinkRuntimeException("The engine ended a request unexpectedly", error);
        }
        watermarks.left(leaving.segment());
    }

    private void answer(InFlightState<IN> origin, Completion completion) throws IOException {
        llmMetrics.completed(completion);
        for (Output one : completion.outputs()) {
            if (one.finishReason() == FinishReason.TIMEOUT) {
                fail(origin, OperatorError.deadline(completion.usage()));
                return;
            }
        }
        OUT result;
        try {
            result = Objects.requireNonNull(spec.result().result(origin.record(), completion));
        } catch (RuntimeException e) {
            fail(origin, OperatorError.RESULT_FUNCTION.problem(e));
            return;
        }
        output.collect(origin.streamRecord(result));
    }

    private void fail(InFlightState<IN> origin, Problem problem) {
        llmMetrics.failed(problem.code().status());
        FailedRecord<IN> failed = FailedRecord.of(origin.record(), problem, origin.attempt());
        if (spec.failure() == null) {
            output.collect(failedTag, origin.streamRecord(failed));
        } else {
            output.collect(origin.streamRecord(spec.failure().result(failed)));
        }
    }

    private EngineFailedException engineFailed(EngineFailedException e) {
        sharedEngine.failed(e, spec.options().onEngineFailure());
        return e;
    }
}
