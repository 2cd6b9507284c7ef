package dev.millrace.connector;

import java.util.List;

/** What a chat may be that comes with a record or a row. */
public final class ChatLimits {
    public static final List<String> ROLES = List.of("system", "user", "assistant");

    /** Most messages of one chat. */
    public static final int MAX_MESSAGES = 1000;

    private ChatLimits() {}
}
