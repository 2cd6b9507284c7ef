package dev.millrace.operator;

import dev.millrace.engine.Generation;
import dev.millrace.engine.Progress;
import dev.millrace.engine.Request;
import java.util.List;

/**
 * One record in flight: what it was when it came or was restored, and its generation once the engine has admitted it.
 *
 * <p>Thread-safety: none; owned by the task thread.
 */
final class InFlight<IN> {
    private final InFlightState<IN> origin;
    private final Request request;
    private final long requestDigest;
    private final HeldWatermarks.Segment segment;
    private Generation generation;

    InFlight(
            InFlightState<IN> origin,
            Request request,
            long requestDigest,
            HeldWatermarks.Segment segment) {
        this.origin = origin;
        this.request = request;
        this.requestDigest = requestDigest;
        this.segment = segment;
    }

    InFlightState<IN> origin() {
        return origin;
    }

    Request request() {
        return request;
    }

    HeldWatermarks.Segment segment() {
        return segment;
    }

    void admitted(Generation newGeneration) {
        generation = newGeneration;
    }

    void cancel() {
        if (generation != null) {
            generation.cancel(false);
        }
    }

    /** What a checkpoint taken now must hold; does not wait for the engine. */
    InFlightState<IN> snapshot(String fingerprint) {
        List<Progress> progress = generation == null ? request.resumed() : generation.progress();
        return origin.withProgress(fingerprint, requestDigest, progress);
    }
}
