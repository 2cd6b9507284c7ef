package dev.millrace.engine.jinja;

/**
 * A piece of a template, whitespace control carried out.
 *
 * @param kind what it is
 * @param text the text, or what stands in the tag
 * @param name first word of a statement, else empty
 * @param line where it begins, from 1
 */
record Segment(Kind kind, String text, String name, int line) {

    enum Kind {
        TEXT,
        EXPRESSION,
        STATEMENT,
        END
    }

    boolean isStatement(String statement) {
        return kind == Kind.STATEMENT && name.equals(statement);
    }

    /** What follows the first word of a statement. */
    String rest() {
        return text.substring(name.length());
    }
}
