package dev.millrace.engine.tokenizer;

import com.hubspot.jinjava.Jinjava;
import com.hubspot.jinjava.interpret.RenderResult;
import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.Message;
import dev.millrace.engine.Problem;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A checkpoint's chat template: writes messages out as the prompt the model was trained on.
 *
 * <p>Templates are Jinja and come from checkpoints, so they are not trusted: nothing can be included, no Java object can be
 * reached, and output, nesting and time are bounded.
 *
 * <p>Thread-safety: immutable; rendering happens on workers of its own.
 */
public final class ChatTemplate {
    /** Longest template, in characters. */
    public static final int MAX_SOURCE_CHARS = 1 << 20;

    /** Longest prompt a template may write, in characters. */
    public static final int MAX_OUTPUT_CHARS = 64 << 20;

    /** How long a template may take. */
    public static final Duration DEFAULT_DEADLINE = Duration.ofSeconds(2);

    private static final String WHERE = "chat template";

    private final Jinjava jinjava;
    private final String source;
    private final String bosToken;
    private final String eosToken;
    private final Duration deadline;

    private ChatTemplate(String source, String bosToken, String eosToken, Duration deadline) {
        this.jinjava = LockedJinjava.create();
        this.source = source;
        this.bosToken = bosToken;
        this.eosToken = eosToken;
        this.deadline = deadline;
    }

    /** Checks the syntax of {@code source}; the tokens are the texts of BOS and EOS, empty for none. */
    public static ChatTemplate compile(String source, String bosToken, String eosToken) {
        return compile(source, bosToken, eosToken, DEFAULT_DEADLINE);
    }

    static ChatTemplate compile(
            String source, String bosToken, String eosToken, Duration deadline) {
        if (source.length() > MAX_SOURCE_CHARS) {
            throw HfTokenizer.refuse(
                    TokenizerError.TEMPLATE_INVALID,
                    WHERE,
                    source.length() + " characters",
                    "at most " + MAX_SOURCE_CHARS,
                    "Use the template of the original checkpoint");
        }
        String rewritten = TemplateSource.rewrite(source);
        LockedJinjava.checkSyntax(rewritten);
        return new ChatTemplate(rewritten, bosToken, eosToken, deadline);
    }

    /**
     * Writes {@code messages} out, with the opening of the assistant's turn at the end when {@code addGenerationPrompt}.
     *
     * @throws InvalidRequestException when the template refuses the messages or exceeds its limits
     */
    public String render(List<Message> messages, boolean addGenerationPrompt) {
        Map<String, Object> bindings = new HashMap<>();
        bindings.put("messages", maps(messages));
        bindings.put("bos_token", bosToken);
        bindings.put("eos_token", eosToken);
        bindings.put("add_generation_prompt", addGenerationPrompt);
        RenderDeadline limit = new RenderDeadline(deadline);
        RenderResult result =
                limit.call(
                        () ->
                                jinjava.renderForResult(
                                        source, bindings, LockedJinjava.config(limit)));
        RenderErrors.check(result, limit, messages);
        return result.getOutput();
    }

    private static List<Map<String, Object>> maps(List<Message> messages) {
        List<Map<String, Object>> maps = new ArrayList<>();
        for (Message message : messages) {
            Map<String, Object> map = new HashMap<>();
            map.put("role", message.role());
            map.put("content", message.content());
            maps.add(map);
        }
        return maps;
    }

    static InvalidRequestException refuse(
            TokenizerError code, String given, String allowed, String remedy) {
        return new InvalidRequestException(new Problem(code, WHERE, given, allowed, remedy));
    }
}
