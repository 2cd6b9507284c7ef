package dev.millrace.engine.cli;

import dev.millrace.engine.Completion;
import dev.millrace.engine.EngineOverloadedException;
import dev.millrace.engine.Generation;
import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.LlmEngine;
import dev.millrace.engine.Request;
import java.util.concurrent.ExecutionException;

/** Waits where an operator would yield: for room in the engine and for a completion. */
final class Patience {

    private Patience() {}

    /** Submits, waiting as often as the engine says that it is full. */
    static Generation submit(LlmEngine engine, Request request) throws InterruptedException {
        while (true) {
            try {
                return engine.submit(request);
            } catch (EngineOverloadedException e) {
                try {
                    engine.whenAdmitting().get();
                } catch (ExecutionException failed) {
                    throw new IllegalStateException(failed.getCause());
                }
            }
        }
    }

    /** Waits for the completion; a request's own error is thrown as it is. */
    static Completion await(Generation generation) throws InterruptedException, ExecutionException {
        try {
            return generation.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof InvalidRequestException refused) {
                throw refused;
            }
            throw e;
        }
    }
}
