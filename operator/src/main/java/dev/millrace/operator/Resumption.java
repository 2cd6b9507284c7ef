package dev.millrace.operator;

import dev.millrace.engine.Progress;
import dev.millrace.engine.Request;
import java.time.Duration;
import java.util.List;

/**
 * Makes the request that goes to the engine: with the operator's deadline, and with the tokens that the record brings from
 * a checkpoint. Tokens of another model or for another prompt would make an answer that no model gives, so they are not
 * taken.
 *
 * @param options deadline, and what to do with another model's tokens
 * @param fingerprint the model of this engine
 * @param metrics counts what is taken and what is not
 */
record Resumption(OperatorOptions options, String fingerprint, LlmMetrics metrics) {

    Request resume(Request request, long digest, InFlightState<?> origin) {
        return withTimeout(request).withResumed(usable(digest, origin));
    }

    private Request withTimeout(Request request) {
        Duration timeout = options.timeout();
        boolean needed = request.timeout().isEmpty() && !timeout.isZero();
        return needed ? request.withTimeout(timeout) : request;
    }

    private List<Progress> usable(long digest, InFlightState<?> origin) {
        boolean sameModel =
                origin.fingerprint().isEmpty() || origin.fingerprint().equals(fingerprint);
        if (!sameModel && options.onModelChange() == OnModelChange.FAIL) {
            throw OperatorError.modelChanged(origin.fingerprint(), fingerprint);
        }
        if (sameModel && origin.requestDigest() == digest) {
            metrics.resumed(origin.numTokens());
            return origin.progress();
        }
        metrics.discarded(origin.numTokens());
        return List.of();
    }
}
