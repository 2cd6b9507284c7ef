package dev.millrace.engine.jinja;

/**
 * A tag of a template.
 *
 * @param kind what it is
 * @param start of its first brace in the source
 * @param end behind its last brace
 * @param left {@code -}, {@code +} or a space: the sign behind its opening
 * @param right the sign in front of its close
 * @param inner what stands between, stripped
 */
record TemplateTag(Kind kind, int start, int end, char left, char right, String inner) {

    enum Kind {
        EXPRESSION,
        STATEMENT,
        COMMENT
    }

    /** The next tag from a position on; null if there is none that is closed. */
    static TemplateTag next(String source, int from) {
        for (int i = source.indexOf('{', from);
                i >= 0 && i + 1 < source.length();
                i = source.indexOf('{', i + 1)) {
            Kind kind = kind(source.charAt(i + 1));
            if (kind != null) {
                int close = kind == Kind.COMMENT ? source.indexOf("#}", i + 2) : close(source, i);
                return close < 0 ? null : of(source, kind, i, close);
            }
        }
        return null;
    }

    private static Kind kind(char second) {
        return switch (second) {
            case '{' -> Kind.EXPRESSION;
            case '%' -> Kind.STATEMENT;
            case '#' -> Kind.COMMENT;
            default -> null;
        };
    }

    /** Where the closing pair of braces begins, strings and braces inside left aside; -1 if nowhere. */
    private static int close(String source, int start) {
        char closing = source.charAt(start + 1) == '{' ? '}' : '%';
        int depth = 0;
        for (int i = start + 2; i + 1 < source.length(); i++) {
            char c = source.charAt(i);
            if (c == '\'' || c == '"') {
                i = endOfString(source, i);
            } else if (c == closing && depth == 0 && source.charAt(i + 1) == '}') {
                return i;
            } else if (c == '{') {
                depth++;
            } else if (c == '}' && depth > 0) {
                depth--;
            }
        }
        return -1;
    }

    private static TemplateTag of(String source, Kind kind, int start, int close) {
        int from = start + 2;
        int to = close;
        char left = sign(source, from, to);
        from += left == ' ' ? 0 : 1;
        char right = from < to ? sign(source, to - 1, to) : ' ';
        to -= right == ' ' ? 0 : 1;
        String inner = source.substring(from, to).strip();
        return new TemplateTag(kind, start, close + 2, left, right, inner);
    }

    private static char sign(String source, int at, int end) {
        char c = at < end ? source.charAt(at) : ' ';
        return c == '-' || c == '+' ? c : ' ';
    }

    /** Where the string that begins at a quote ends: at its other quote, or where the text ends. */
    private static int endOfString(String text, int start) {
        char quote = text.charAt(start);
        int i = start + 1;
        while (i < text.length() && text.charAt(i) != quote) {
            i += text.charAt(i) == '\\' ? 2 : 1;
        }
        return Math.min(i, text.length());
    }

    /** The first word of a statement. */
    String name() {
        int end = 0;
        while (end < inner.length() && Character.isLetter(inner.charAt(end))) {
            end++;
        }
        return inner.substring(0, end);
    }
}
