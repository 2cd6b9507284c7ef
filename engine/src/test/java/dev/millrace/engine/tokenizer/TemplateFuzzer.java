package dev.millrace.engine.tokenizer;

import dev.millrace.engine.LlmException;
import dev.millrace.engine.Message;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Any text as a chat template: it renders, or is refused in words. */
public final class TemplateFuzzer {
    private static final List<Message> CHAT =
            List.of(
                    new Message("system", "Be brief."),
                    new Message("user", "Hi"),
                    new Message("assistant", "Hello"),
                    new Message("user", "1 + 1?"));

    private TemplateFuzzer() {}

    /** The entry that Jazzer calls. */
    public static void fuzzerTestOneInput(byte[] data) {
        String source = new String(data, StandardCharsets.UTF_8);
        try {
            ChatTemplate.compile(source, "<s>", "</s>").render(CHAT, true);
        } catch (LlmException e) {
            // A refusal.
        }
    }
}
