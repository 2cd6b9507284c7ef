package dev.millrace.engine;

import java.util.Locale;

/** Why an output ended. */
public enum FinishReason {
    /** An end-of-sequence token, a stop token or a stop string. */
    STOP,
    /** {@code max-tokens} or the model's length. */
    LENGTH,
    /** The request's deadline passed; what there was by then is the output. */
    TIMEOUT;

    /** Lower case, as users see it. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
