package dev.millrace.engine.tokenizer;

import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.Message;
import dev.millrace.engine.Problem;
import dev.millrace.engine.jinja.Limits;
import dev.millrace.engine.jinja.Template;
import dev.millrace.engine.jinja.TemplateException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
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
    public static final Duration DEFAULT_DEADLINE = Duration.ofSeconds(5);

    private static final String WHERE = "chat template";

    private final String source;
    private final Template template;
    private final String bosToken;
    private final String eosToken;
    private final Duration deadline;

    private ChatTemplate(
            String source, Template template, String bosToken, String eosToken, Duration deadline) {
        this.source = source;
        this.template = template;
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
        try {
            return new ChatTemplate(source, Template.parse(source), bosToken, eosToken, deadline);
        } catch (TemplateException e) {
            throw HfTokenizer.refuse(
                    TokenizerError.TEMPLATE_INVALID,
                    WHERE,
                    e.getMessage() + ", line " + e.line(),
                    "a Jinja template as transformers reads it",
                    "Use the template of the original checkpoint");
        }
    }

    /**
     * Writes {@code messages} out, with the opening of the assistant's turn at the end when {@code addGenerationPrompt}.
     *
     * @throws InvalidRequestException when the template refuses the messages or exceeds its limits
     */
    public String render(List<Message> messages, boolean addGenerationPrompt) {
        return render(
                Map.of("messages", maps(messages), "add_generation_prompt", addGenerationPrompt));
    }

    /**
     * Writes out what {@code variables} hold: {@code messages} and whatever else the template knows, as values of JSON
     * (maps, lists, texts, numbers, booleans, null). BOS and EOS are there unless a variable says otherwise, tools and documents are None.
     *
     * @throws InvalidRequestException when the template refuses the messages or exceeds its limits
     */
    public String render(Map<String, ?> variables) {
        Map<String, Object> bindings = new HashMap<>();
        // As in transformers: these are None when not given, but a token that the model does not
        // have
        // is undefined.
        bindings.put("tools", null);
        bindings.put("documents", null);
        if (!bosToken.isEmpty()) {
            bindings.put("bos_token", bosToken);
        }
        if (!eosToken.isEmpty()) {
            bindings.put("eos_token", eosToken);
        }
        bindings.putAll(variables);
        RenderDeadline limit = new RenderDeadline(deadline);
        Limits limits = new Limits(MAX_OUTPUT_CHARS, limit::check);
        try {
            return limit.call(() -> template.render(bindings, limits));
        } catch (TemplateException e) {
            throw RenderErrors.refusal(e, variables.get("messages"));
        }
    }

    /** SHA-256, in hex, of the template's text. */
    public String sha256() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(digest.digest(source.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static List<Map<String, Object>> maps(List<Message> messages) {
        List<Map<String, Object>> maps = new ArrayList<>();
        for (Message message : messages) {
            Map<String, Object> map = new LinkedHashMap<>();
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
