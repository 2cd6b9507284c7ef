package dev.millrace.engine.jinja;

/**
 * A template that cannot be read or that failed. Messages name what stands in the template, never what stands in its
 * variables, save what the template itself raises.
 */
public final class TemplateException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What happened. */
    public enum Kind {
        /** The template has a mistake in its syntax, or uses what is not known. */
        SYNTAX,
        /** The template called {@code raise_exception}; the message is the template's. */
        RAISED,
        /** An operation failed on the values that it got. */
        FAILED,
        /** The output is longer than allowed. */
        OUTPUT
    }

    private final Kind kind;
    private final int line;

    TemplateException(Kind kind, String message, int line) {
        super(message);
        this.kind = kind;
        this.line = line;
    }

    static TemplateException failed(String message) {
        return new TemplateException(Kind.FAILED, message, 0);
    }

    static TemplateException syntax(String message, int line) {
        return new TemplateException(Kind.SYNTAX, message, line);
    }

    /** The same in a line, if it has none yet. */
    TemplateException in(int newLine) {
        return line > 0 ? this : new TemplateException(kind, getMessage(), newLine);
    }

    public Kind kind() {
        return kind;
    }

    /** Line of the template, from 1; 0 if unknown. */
    public int line() {
        return line;
    }
}
