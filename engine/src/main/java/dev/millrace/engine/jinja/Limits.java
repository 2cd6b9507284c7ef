package dev.millrace.engine.jinja;

/**
 * Bounds of one rendering.
 *
 * @param maxChars longest text, the output and every other
 * @param check called again and again; throws to end the rendering
 */
public record Limits(int maxChars, Runnable check) {
    static final int MAX_ITEMS = 1_000_000;
    static final int MAX_RANGE = 100_000;
    static final int MAX_CALLS = 64;

    /** Refuses a text that would be longer than allowed. */
    void requireChars(long chars) {
        if (chars > maxChars) {
            throw new TemplateException(
                    TemplateException.Kind.OUTPUT, "a text of more than " + maxChars, 0);
        }
    }

    /** Refuses a list that would be longer than allowed. */
    static void requireItems(long items) {
        if (items > MAX_ITEMS) {
            throw TemplateException.failed("a list of more than " + MAX_ITEMS + " items");
        }
    }
}
