package dev.millrace.engine.hub;

import dev.millrace.engine.InvalidModelException;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.stream.IntStream;

/** Turns a hub's status into what a user can do about it. */
final class HubStatus {
    private static final int MAX_SENTENCE = 200;

    private HubStatus() {}

    /**
     * Returns if the status is one of {@code good}.
     *
     * @throws InvalidModelException if it will stay as it is
     * @throws BusyException if it may be another one later
     */
    static void check(HttpResponse<?> response, String where, int... good) throws IOException {
        int status = response.statusCode();
        if (IntStream.of(good).anyMatch(each -> each == status)) {
            return;
        }
        if (status == 408 || status == 429 || status >= 500) {
            throw new BusyException(status, retryAfter(response));
        }
        throw refusal(status, where, sentence(response));
    }

    private static InvalidModelException refusal(int status, String where, String sentence) {
        return switch (status) {
            case 401 ->
                    HubProblems.refuse(
                            HubError.UNAUTHORIZED,
                            where,
                            "401, not authorized" + sentence,
                            "a public model, or a token that may read it",
                            HubProblems.CHECK_NAME + "; for a private or gated model set HF_TOKEN");
            case 403 ->
                    HubProblems.refuse(
                            HubError.FORBIDDEN,
                            where,
                            "403, forbidden" + sentence,
                            "a model that the token's owner may read",
                            "Accept its terms on the model's page, and check the rights of HF_TOKEN");
            case 404 ->
                    HubProblems.refuse(
                            HubError.NOT_FOUND,
                            where,
                            "404, not found" + sentence,
                            "a model, revision and file that exist",
                            HubProblems.CHECK_NAME);
            default -> HubProblems.unexpected(where, "status " + status + sentence, "200");
        };
    }

    /** What the hub says itself, kept short and to one line. */
    private static String sentence(HttpResponse<?> response) {
        String said = response.headers().firstValue("X-Error-Message").orElse("");
        String line = said.replaceAll("\\p{Cntrl}", " ").strip();
        String shown = line.substring(0, Math.min(MAX_SENTENCE, line.length()));
        return shown.isEmpty() ? "" : " (" + shown + ")";
    }

    /** Seconds, or a date: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after. */
    private static Duration retryAfter(HttpResponse<?> response) {
        String value = response.headers().firstValue("Retry-After").orElse("0").strip();
        try {
            return Duration.ofSeconds(Math.max(0, Long.parseLong(value)));
        } catch (NumberFormatException e) {
            return untilDate(value);
        }
    }

    private static Duration untilDate(String value) {
        try {
            Instant date =
                    ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
            Duration left = Duration.between(Instant.now(), date);
            return left.isNegative() ? Duration.ZERO : left;
        } catch (DateTimeException e) {
            return Duration.ZERO;
        }
    }
}
