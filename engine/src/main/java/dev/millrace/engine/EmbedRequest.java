package dev.millrace.engine;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * Asks for the embedding of a prompt.
 *
 * @param id names the request in errors; need not be unique
 * @param prompt what is embedded
 * @param pooling how the tokens' hidden states become one vector
 * @param normalized whether the vector is divided by its Euclidean length
 * @param timeout time from submission after which the request fails; empty for none
 */
public record EmbedRequest(
        String id, Prompt prompt, Pooling pooling, boolean normalized, Optional<Duration> timeout) {

    public EmbedRequest {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(prompt, "prompt");
        Objects.requireNonNull(pooling, "pooling");
        Objects.requireNonNull(timeout, "timeout");
    }
}
