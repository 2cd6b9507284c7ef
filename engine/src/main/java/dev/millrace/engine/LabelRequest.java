package dev.millrace.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Asks how likely each of several labels follows a prompt.
 *
 * @param id names the request in errors; need not be unique
 * @param prompt what the labels answer
 * @param labels the texts to choose from, all different, none empty, at most {@link #MAX_LABELS}; each is tokenized by itself, so
 *     that a space in front must be part of it where the model would write one
 * @param calibrated whether each label's log-probability after a prompt without content is taken off it
 * @param timeout time from submission after which the request fails; empty for none
 */
public record LabelRequest(
        String id,
        Prompt prompt,
        List<String> labels,
        boolean calibrated,
        Optional<Duration> timeout) {
    /** Most labels of one request. */
    public static final int MAX_LABELS = 256;

    private static final String NO_CONTENT = "N/A";

    public LabelRequest {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(prompt, "prompt");
        Objects.requireNonNull(timeout, "timeout");
        labels = List.copyOf(labels);
    }

    /** The same labels behind a prompt without content, for calibration; a chat keeps its system turns. */
    LabelRequest withoutContent() {
        return new LabelRequest(id, contentFree(prompt), labels, false, timeout);
    }

    private static Prompt contentFree(Prompt prompt) {
        if (!(prompt instanceof Prompt.Chat chat)) {
            return new Prompt.Text(NO_CONTENT);
        }
        List<Message> messages = new ArrayList<>();
        for (Message message : chat.messages()) {
            if (message.role().equals("system")) {
                messages.add(message);
            }
        }
        messages.add(new Message("user", NO_CONTENT));
        return new Prompt.Chat(messages);
    }
}
