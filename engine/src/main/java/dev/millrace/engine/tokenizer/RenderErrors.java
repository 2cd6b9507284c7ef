package dev.millrace.engine.tokenizer;

import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.jinja.TemplateException;
import java.util.List;
import java.util.Map;

/** Turns the errors of a rendering into refusals of the request. */
final class RenderErrors {

    private RenderErrors() {}

    /** {@code messages} are what was rendered: what they hold is never told. */
    static InvalidRequestException refusal(TemplateException e, Object messages) {
        return switch (e.kind()) {
            case RAISED -> raised(e.getMessage(), messages);
            case OUTPUT ->
                    ChatTemplate.refuse(
                            TokenizerError.TEMPLATE_OUTPUT,
                            "a longer output",
                            "at most " + ChatTemplate.MAX_OUTPUT_CHARS + " characters",
                            "Shorten the messages, or use another template");
            case SYNTAX, FAILED -> failed(e.getMessage() + ", line " + e.line());
        };
    }

    static InvalidRequestException failed(String given) {
        return ChatTemplate.refuse(
                TokenizerError.TEMPLATE_FAILED,
                given,
                "messages that the template can render",
                "Check the roles and their order, or use another template");
    }

    private static InvalidRequestException raised(String sentence, Object messages) {
        boolean quotes = quotes(sentence, messages);
        return ChatTemplate.refuse(
                TokenizerError.TEMPLATE_REFUSED,
                "messages that it refuses: "
                        + (quotes ? "its sentence quotes them and is left out" : sentence),
                "messages that the template allows",
                "Change the messages as the template's sentence says");
    }

    /** Whether a sentence holds a text of the messages, their roles aside. */
    private static boolean quotes(String sentence, Object value) {
        if (value instanceof Map<?, ?> map) {
            return map.entrySet().stream()
                    .anyMatch(e -> !"role".equals(e.getKey()) && quotes(sentence, e.getValue()));
        }
        if (value instanceof List<?> list) {
            return list.stream().anyMatch(each -> quotes(sentence, each));
        }
        String text = value instanceof String string ? string.strip() : "";
        return !text.isEmpty() && sentence.contains(text);
    }
}
