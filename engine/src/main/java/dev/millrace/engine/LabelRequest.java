package dev.millrace.engine;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Asks how likely each of several labels follows a prompt.
 *
 * @param id names the request in errors; need not be unique
 * @param prompt what the labels answer
 * @param labels the texts to choose from, all different, none empty
 * @param calibrated whether each label's log-probability after a prompt without content is taken off it
 * @param timeout time from submission after which the request fails; empty for none
 */
public record LabelRequest(
        String id,
        Prompt prompt,
        List<String> labels,
        boolean calibrated,
        Optional<Duration> timeout) {

    public LabelRequest {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(prompt, "prompt");
        Objects.requireNonNull(timeout, "timeout");
        labels = List.copyOf(labels);
    }
}
