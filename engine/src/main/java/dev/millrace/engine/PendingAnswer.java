package dev.millrace.engine;

import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * The future that waits for a request's answer, and how the answer is made once the request's sequences have ended.
 *
 * <p>Thread-safety: {@link #fail} may be called from any thread; everything else belongs to the engine thread, and
 * then to the one that it hands the request to.
 */
final class PendingAnswer<T> {
    private final CompletableFuture<T> future;
    private final Function<ActiveRequest, T> maker;
    private T answer;

    /** {@code maker} throws {@link InvalidRequestException} if the request has no answer after all. */
    PendingAnswer(CompletableFuture<T> future, Function<ActiveRequest, T> maker) {
        this.future = future;
        this.maker = maker;
    }

    /** Runs {@code withdraw} when the future is cancelled. */
    void whenCancelled(Runnable withdraw) {
        CompletableFuture<T> unused =
                future.whenComplete(
                        (value, error) -> {
                            if (future.isCancelled()) {
                                withdraw.run();
                            }
                        });
    }

    /**
     * Makes the answer.
     *
     * @throws InvalidRequestException if there is none
     */
    void make(ActiveRequest request) {
        answer = maker.apply(request);
    }

    /** What {@link #make} made. */
    T made() {
        return answer;
    }

    /** Gives the future what {@link #make} made. */
    void complete() {
        future.complete(answer);
    }

    void fail(LlmException reason) {
        future.completeExceptionally(reason);
    }
}
