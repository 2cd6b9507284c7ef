package dev.millrace.engine.loader;

import dev.millrace.engine.ErrorCode;
import dev.millrace.engine.InvalidModelException;
import dev.millrace.engine.Problem;

/** Short forms for the refusals of this package. */
final class Problems {
    /** Remedy for damaged files. */
    static final String FETCH_AGAIN = "Fetch the file again, or convert the model again";

    private static final int MAX_QUOTED = 120;

    private Problems() {}

    static InvalidModelException refuse(
            ErrorCode code, String where, String given, String allowed, String remedy) {
        return new InvalidModelException(new Problem(code, where, given, allowed, remedy));
    }

    static InvalidModelException refuse(
            ErrorCode code,
            String where,
            String given,
            String allowed,
            String remedy,
            Throwable cause) {
        return new InvalidModelException(new Problem(code, where, given, allowed, remedy), cause);
    }

    /** {@code text} in quotes, shortened, control characters made visible. */
    static String quote(String text) {
        StringBuilder quoted = new StringBuilder("'");
        int shown = Math.min(text.length(), MAX_QUOTED);
        for (int i = 0; i < shown; i++) {
            char c = text.charAt(i);
            if (Character.isISOControl(c)) {
                quoted.append("\\u%04x".formatted((int) c));
            } else {
                quoted.append(c);
            }
        }
        quoted.append(shown < text.length() ? "…' (" + text.length() + " characters)" : "'");
        return quoted.toString();
    }
}
