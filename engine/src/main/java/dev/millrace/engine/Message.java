package dev.millrace.engine;

import java.util.Objects;

/**
 * One turn of a chat.
 *
 * @param role {@code system}, {@code user} or {@code assistant}
 * @param content text of the turn
 */
public record Message(String role, String content) {
    public Message {
        Objects.requireNonNull(role, "role");
        Objects.requireNonNull(content, "content");
    }
}
