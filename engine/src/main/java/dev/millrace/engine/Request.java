package dev.millrace.engine;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What a caller asks of the engine.
 *
 * @param id names the request in completions and errors; need not be unique
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
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(prompt, "prompt");
        Objects.requireNonNull(sampling, "sampling");
        Objects.requireNonNull(timeout, "timeout");
        resumed = List.copyOf(resumed);
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
