package dev.millrace.engine;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What a caller asks of the engine.
 *
 * @param id names the request in its completion; need not be unique: requests with one id are answered each for itself
 * @param prompt what is asked
 * @param sampling how tokens are chosen and when to stop
 * @param timeout time from submission after which the request ends with what it has; empty for none
 * @param resumed what each output had before a restore, by index; empty for a fresh request
 */
public record Request(
        String id,
        Prompt prompt,
        SamplingParams sampling,
        Optional<Duration> timeout,
        List<Progress> resumed) {

    public Request {
        requireId(id);
        Objects.requireNonNull(prompt, "prompt");
        Objects.requireNonNull(sampling, "sampling");
        Objects.requireNonNull(timeout, "timeout");
        resumed = List.copyOf(resumed);
    }

    /** Ids come with the data, so that a missing one is that request's error alone. */
    private static void requireId(String id) {
        if (id == null) {
            throw new InvalidRequestException(
                    new Problem(
                            EngineError.NO_ID,
                            "request id",
                            "null",
                            "a text, which need not be unique",
                            "Name the request after its record, for instance by topic, partition and offset"));
        }
    }

    /** A fresh request without a deadline. */
    public static Request of(String id, Prompt prompt, SamplingParams sampling) {
        return new Request(id, prompt, sampling, Optional.empty(), List.of());
    }

    /** The same request with a deadline. */
    public Request withTimeout(Duration newTimeout) {
        return new Request(id, prompt, sampling, Optional.of(newTimeout), resumed);
    }

    /** The same request going on from what its outputs had. */
    public Request withResumed(List<Progress> newResumed) {
        return new Request(id, prompt, sampling, timeout, newResumed);
    }
}
