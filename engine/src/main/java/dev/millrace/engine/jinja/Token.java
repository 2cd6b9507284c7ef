package dev.millrace.engine.jinja;

/**
 * A word of an expression.
 *
 * @param kind what it is
 * @param text as it stands there; of a string its value
 */
record Token(Kind kind, String text) {

    enum Kind {
        NAME,
        STRING,
        INTEGER,
        REAL,
        OPERATOR,
        END
    }

    boolean is(String operator) {
        return kind == Kind.OPERATOR && text.equals(operator);
    }

    boolean isName(String name) {
        return kind == Kind.NAME && text.equals(name);
    }
}
