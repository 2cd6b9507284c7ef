package dev.millrace.engine;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A submitted request: the future of its completion, and what it has so far.
 *
 * <p>It completes on the engine thread, or on the one that judges answers with a form, so dependent stages must be short or asynchronous. It ends exceptionally with an
 * {@link LlmException}. {@link #cancel} withdraws the request: the future ends at once, and the engine drops the request
 * before its next step.
 *
 * <p>Thread-safety: all methods may be called from any thread, none of them waits for the engine.
 */
public final class Generation extends CompletableFuture<Completion> {
    private final Request request;
    private volatile List<Sequence> sequences = List.of();

    Generation(Request request) {
        this.request = request;
    }

    /** What was asked. */
    public Request request() {
        return request;
    }

    /**
     * What each output has so far, by index: a prefix of what it will have, fit for {@link Request#withResumed}. Never
     * less than the request was resumed with.
     */
    public List<Progress> progress() {
        List<Sequence> all = sequences;
        return all.isEmpty() ? request.resumed() : all.stream().map(Sequence::progress).toList();
    }

    /** The engine has these sequences for it. */
    void begin(List<Sequence> newSequences) {
        sequences = List.copyOf(newSequences);
    }

    List<Sequence> sequences() {
        return sequences;
    }
}
