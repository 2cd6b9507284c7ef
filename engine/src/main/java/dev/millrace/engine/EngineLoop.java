package dev.millrace.engine;

import dev.millrace.engine.grammar.GrammarState;
import dev.millrace.kernels.DeviceError;
import dev.millrace.kernels.KernelException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The duty cycle of the engine thread: drain commands, schedule, launch, read, update, draw, complete. {@link Scheduler} makes a step,
 * {@link StepPipeline} launches it by {@link ModelRunner}. What is launched is the step that was just scheduled; what is read and
 * brought into the books is the one before it, where the device works by itself. Then the tokens of the launched step can be drawn, as
 * their forms know all tokens before them.
 *
 * <p>It owns all mutable state (Agrona's agent style). Whatever goes wrong in a step ends the loop: every request in
 * flight then fails, none is left open.
 *
 * <p>Thread-safety: {@link #submit}, {@link #withdraw} and {@link #end} may be called from any thread; everything else
 * belongs to the thread that runs the loop.
 */
final class EngineLoop implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(EngineLoop.class);
    private static final int SPINS_BEFORE_PARKING = 200;
    private static final double WEIGHT_OF_LATEST_STEP = 1.0 / 16;

    private final AdmissionQueue admission;
    private final Queue<ActiveRequest> withdrawn = new ConcurrentLinkedQueue<>();
    private final Scheduler scheduler;
    private final StepPipeline pipeline;
    private final EngineCounters counters;
    private final EngineEnd end;
    private final FormJudge judge;
    private final LongSupplier clock;
    private final StepWatchdog watchdog;
    private final EngineConfig config;

    /** Changed by the engine thread and where answers are judged; read by the watchdog when the engine thread hangs. */
    private final Set<ActiveRequest> inFlight = ConcurrentHashMap.newKeySet();

    private final DeadlineQueue deadlines = new DeadlineQueue();
    private final List<ActiveRequest> ended = new ArrayList<>();
    private long arrivals;
    private double tokensPerNano;
    private volatile Thread parked;

    EngineLoop(EngineParts parts, EngineConfig config, KvForecast forecast, LongSupplier clock) {
        this.admission = new AdmissionQueue(config.maxWaitingTokens(), config.queueCapacity());
        this.scheduler = new Scheduler(config, parts.numBlocks(), parts.model().window(), forecast);
        this.pipeline = new StepPipeline(parts.runner(), config.maxNumSeqs());
        this.counters = new EngineCounters(scheduler, parts.kvBytesPerToken());
        this.end = new EngineEnd(parts.model().name());
        this.judge = new FormJudge(parts.model().name());
        this.clock = clock;
        this.config = config;
        this.watchdog = new StepWatchdog(Nanos.of(config.stepTimeout()), clock, this::failHung);
    }

    AdmissionQueue admission() {
        return admission;
    }

    EngineEnd end() {
        return end;
    }

    Scheduler scheduler() {
        return scheduler;
    }

    EngineStats stats() {
        return counters.snapshot();
    }

    /** Hands a request to the engine thread; false if too much waits. */
    boolean submit(ActiveRequest request) {
        request.answer.whenCancelled(() -> withdraw(request));
        boolean taken = admission.offer(request);
        wake();
        if (end.hasCome()) {
            // The loop may have looked at the queue for the last time before the request was in it.
            failQueued();
        }
        return taken;
    }

    private void withdraw(ActiveRequest request) {
        withdrawn.add(request);
        wake();
    }

    /** Ends the loop after its current step. */
    void close() {
        end.close();
        wake();
    }

    @Override
    public void run() {
        try (watchdog) {
            watchdog.start(Thread.currentThread().getName() + "-watchdog");
            int idle = 0;
            while (!end.hasCome()) {
                idle = doWork() > 0 ? 0 : idle + 1;
                pause(idle);
            }
        } catch (Throwable e) {
            end.fail(e);
        } finally {
            failAll();
        }
    }

    private void pause(int idle) {
        if (idle > SPINS_BEFORE_PARKING) {
            parked = Thread.currentThread();
            if (!hasCommands()) {
                LockSupport.park(this);
            }
            parked = null;
        } else if (idle > 0) {
            Thread.onSpinWait();
        }
    }

    private boolean hasCommands() {
        return !admission.isEmpty()
                || !withdrawn.isEmpty()
                || admission.owesSignal()
                || end.hasCome();
    }

    private void wake() {
        Thread thread = parked;
        if (thread != null) {
            LockSupport.unpark(thread);
        }
    }

    /** One round; returns how much there was to do, 0 if nothing. */
    int doWork() {
        long now = clock.getAsLong();
        int work = drainRequests(now) + dropWithdrawn() + endOverdue(now);
        if (scheduler.hasWork() || !pipeline.isEmpty()) {
            step(now);
            work++;
        }
        admission.release(scheduler.takeAdmittedTokens());
        if (work > 0) {
            answerEnded();
            counters.publish(scheduler, admission.waitingTokens());
        }
        completeEnded();
        admission.signal();
        return work;
    }

    private int drainRequests(long now) {
        int drained = 0;
        ActiveRequest request = admission.poll();
        while (request != null) {
            take(request, now);
            drained++;
            request = admission.poll();
        }
        return drained;
    }

    private void take(ActiveRequest request, long now) {
        request.arrival = arrivals++;
        inFlight.add(request);
        counters.resumedTokens += request.resumedTokens;
        if (request.isFinished()) {
            admission.release(request.waitingTokens());
            ended.add(request);
        } else {
            scheduler.add(request, now);
            deadlines.add(request);
        }
    }

    private int dropWithdrawn() {
        int dropped = 0;
        ActiveRequest request = withdrawn.poll();
        while (request != null) {
            if (inFlight.remove(request)) {
                scheduler.remove(request);
                deadlines.remove(request);
                counters.ended(false);
                dropped++;
            }
            request = withdrawn.poll();
        }
        return dropped;
    }

    private int endOverdue(long now) {
        int overdue = 0;
        ActiveRequest request = deadlines.peekOverdue(now);
        while (request != null) {
            scheduler.remove(request);
            request.finishUnfinished(FinishReason.TIMEOUT);
            retire(request);
            overdue++;
            request = deadlines.peekOverdue(now);
        }
        return overdue;
    }

    /** The request needs no more steps and completes at the end of this round. */
    private void retire(ActiveRequest request) {
        deadlines.remove(request);
        ended.add(request);
    }

    private void step(long start) {
        ScheduledBatch next = pipeline.next();
        scheduler.schedule(next, start);
        if (next.size() == 0 && pipeline.isEmpty()) {
            throw new IllegalStateException("requests are in flight but none can be scheduled");
        }
        long beforeRun = clock.getAsLong();
        watchdog.begin(beforeRun);
        boolean launched = next.size() > 0 && launchOrShrink(next);
        ScheduledBatch read = pipeline.read(launched);
        long afterRun = clock.getAsLong();
        if (read != null) {
            update(read, afterRun);
        }
        long beforeDraw = clock.getAsLong();
        pipeline.draw();
        watchdog.end();
        long stop = clock.getAsLong();
        counters.runNanos += afterRun - beforeRun + stop - beforeDraw;
        counters.stepNanos += stop - start;
        if (launched) {
            measureSpeed(next.numTokens(), stop - start);
        }
    }

    /** False if the device had too little memory for the batch, which then is tried again in smaller parts. */
    private boolean launchOrShrink(ScheduledBatch batch) {
        counters.measureKvWaste(scheduler.pool());
        try {
            pipeline.launch();
        } catch (KernelException e) {
            boolean outOfMemory =
                    e.problem().isPresent()
                            && e.problem().get().error() == DeviceError.OUT_OF_MEMORY;
            if (!outOfMemory || !scheduler.shrink(batch)) {
                throw e;
            }
            LOG.warn(
                    "No memory for a step of {} sequences; {} at a time from now on. {}",
                    batch.size(),
                    scheduler.maxNumSeqs(),
                    e.getMessage());
            return false;
        }
        scheduler.advance(batch);
        return true;
    }

    private void measureSpeed(int numTokens, long stepNanos) {
        double latest = (double) numTokens / Math.max(1, stepNanos);
        tokensPerNano += WEIGHT_OF_LATEST_STEP * (latest - tokensPerNano);
        admission.publishSpeed(tokensPerNano);
    }

    /** Takes the tokens in, but those of sequences that have ended since the step was launched. */
    private void update(ScheduledBatch batch, long now) {
        for (int i = 0; i < batch.size(); i++) {
            Sequence sequence = batch.sequence(i);
            if (batch.catchesUp(i) && sequence.numUnreadTokens > 0) {
                if (sequence.draws()) {
                    accept(sequence, batch.sampledTokenId(i), batch.sampledLogprob(i), now);
                } else {
                    finish(sequence, FinishReason.LENGTH);
                }
            }
        }
    }

    private void accept(Sequence sequence, int tokenId, TokenLogprob logprob, long now) {
        ActiveRequest request = sequence.scheduling.request;
        if (tokenId < 0) {
            fail(request, nonFiniteLogits(request, sequence));
            return;
        }
        request.firstTokenNanos = request.firstTokenNanos < 0 ? now : request.firstTokenNanos;
        counters.generatedTokens++;
        sequence.append(tokenId, logprob);
        sequence.numUnreadTokens--;
        FinishReason reason;
        try {
            reason = sequence.scheduling.stops.accept(tokenId, sequence.numGeneratedTokens());
        } catch (InvalidRequestException e) {
            fail(request, e.problem());
            return;
        }
        if (reason == null) {
            scheduler.tokenRead(sequence);
        } else {
            finish(sequence, reason);
        }
    }

    private void finish(Sequence sequence, FinishReason reason) {
        scheduler.finish(sequence);
        sequence.scheduling.finishReason = reason;
        GrammarState form = sequence.scheduling.form();
        counters.formNanos += form == null ? 0 : form.nanos();
        if (sequence.scheduling.request.isFinished()) {
            retire(sequence.scheduling.request);
        }
    }

    private void fail(ActiveRequest request, Problem problem) {
        scheduler.remove(request);
        request.failure = problem;
        retire(request);
    }

    private static Problem nonFiniteLogits(ActiveRequest request, Sequence sequence) {
        return new Problem(
                EngineError.NON_FINITE_LOGITS,
                "request " + request.id,
                "NaN or infinite logits at position " + sequence.numTokens(),
                "finite numbers",
                "Check the checkpoint's weights and the logit bias of the request");
    }

    private void answerEnded() {
        for (int i = 0; i < ended.size(); i++) {
            ActiveRequest request = ended.get(i);
            if (request.failure == null) {
                request.endedNanos = clock.getAsLong();
                try {
                    request.answer.make(request);
                } catch (InvalidRequestException e) {
                    request.failure = e.problem();
                }
            }
        }
    }

    private void completeEnded() {
        for (int i = 0; i < ended.size(); i++) {
            ActiveRequest request = ended.get(i);
            if (FormJudge.isAsked(request)) {
                judge.judge(request, () -> complete(request));
            } else {
                complete(request);
            }
        }
        ended.clear();
    }

    /** On the engine thread, or where answers are judged. */
    private void complete(ActiveRequest request) {
        InvalidRequestException failure =
                request.failure == null ? null : new InvalidRequestException(request.failure);
        // One that was cancelled while it was judged has been counted.
        if (inFlight.remove(request)) {
            counters.ended(failure == null);
        }
        if (failure == null) {
            request.answer.complete();
        } else {
            request.answer.fail(failure);
        }
    }

    /** The engine thread is stuck in a call; called by the watchdog. */
    private void failHung() {
        end.hang(config.stepTimeout());
        EngineFailedException failure = end.exception();
        LOG.error("The engine hangs.", failure);
        for (ActiveRequest request : inFlight) {
            request.answer.fail(failure);
        }
        failQueued();
        admission.signalAll();
    }

    /** Nothing is left open: not what runs or waits here, not what comes too late. */
    private void failAll() {
        for (ActiveRequest request : inFlight) {
            request.answer.fail(end.exception());
        }
        inFlight.clear();
        failQueued();
        admission.signalAll();
    }

    private void failQueued() {
        ActiveRequest request = admission.poll();
        while (request != null) {
            request.answer.fail(end.exception());
            request = admission.poll();
        }
    }
}
