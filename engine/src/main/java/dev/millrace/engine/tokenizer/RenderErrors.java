package dev.millrace.engine.tokenizer;

import com.hubspot.jinjava.interpret.RenderResult;
import com.hubspot.jinjava.interpret.TemplateError;
import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.Message;
import java.util.List;
import java.util.concurrent.CancellationException;

/** Turns the errors of a rendering into refusals of the request. */
final class RenderErrors {

    private RenderErrors() {}

    /** What a template says with {@code raise_exception}. */
    static final class Raised extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Raised(String sentence) {
            super(sentence);
        }
    }

    static void check(RenderResult result, RenderDeadline deadline, List<Message> messages) {
        for (TemplateError error : result.getErrors()) {
            Throwable cause = rootCause(error);
            if (cause instanceof Raised) {
                throw raised(cause.getMessage(), messages);
            }
        }
        for (TemplateError error : result.getErrors()) {
            throw refusal(error, deadline);
        }
    }

    static InvalidRequestException failed(String given) {
        return ChatTemplate.refuse(
                TokenizerError.TEMPLATE_FAILED,
                given,
                "messages that the template can render",
                "Check the roles and their order, or use another template");
    }

    private static InvalidRequestException raised(String sentence, List<Message> messages) {
        boolean quotes =
                messages.stream()
                        .map(message -> message.content().strip())
                        .anyMatch(content -> !content.isEmpty() && sentence.contains(content));
        return ChatTemplate.refuse(
                TokenizerError.TEMPLATE_REFUSED,
                "messages that it refuses: "
                        + (quotes ? "its sentence quotes them and is left out" : sentence),
                "messages that the template allows",
                "Change the messages as the template's sentence says");
    }

    private static RuntimeException refusal(TemplateError error, RenderDeadline deadline) {
        if (rootCause(error) instanceof CancellationException) {
            return deadline.overdue();
        }
        if (error.getReason() == TemplateError.ErrorReason.OUTPUT_TOO_BIG) {
            return ChatTemplate.refuse(
                    TokenizerError.TEMPLATE_OUTPUT,
                    "a longer output",
                    "at most " + ChatTemplate.MAX_OUTPUT_CHARS + " characters",
                    "Shorten the messages, or use another template");
        }
        // The library's message may quote the messages; the reason and the line cannot.
        return failed(error.getReason() + " in line " + error.getLineno());
    }

    private static Throwable rootCause(TemplateError error) {
        Throwable cause = error.getException();
        while (cause != null && cause.getCause() != null && !(cause instanceof Raised)) {
            cause = cause.getCause();
        }
        return cause;
    }
}
