package dev.millrace.engine.cli;

import dev.millrace.engine.EngineOverloadedException;
import dev.millrace.engine.Generation;
import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.LlmEngine;
import dev.millrace.engine.Request;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;

/** Waits where an operator would yield: for room in the engine and for an answer. */
final class Patience {

    private Patience() {}

    /** Submits, waiting as often as the engine says that it is full. */
    static Generation submit(LlmEngine engine, Request request) throws InterruptedException {
        return submit(engine, () -> engine.submit(request));
    }

    /** As {@link #submit(LlmEngine, Request)} of whatever {@code submission} submits. */
    static <T> T submit(LlmEngine engine, Supplier<T> submission) throws InterruptedException {
        while (true) {
            try {
                return submission.get();
            } catch (EngineOverloadedException e) {
                try {
                    engine.whenAdmitting().get();
                } catch (ExecutionException failed) {
                    throw new IllegalStateException(failed.getCause());
                }
            }
        }
    }

    /** Waits for the answer; a request's own error is thrown as it is. */
    static <T> T await(CompletableFuture<T> answer)
            throws InterruptedException, ExecutionException {
        try {
            return answer.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof InvalidRequestException refused) {
                throw refused;
            }
            throw e;
        }
    }
}
