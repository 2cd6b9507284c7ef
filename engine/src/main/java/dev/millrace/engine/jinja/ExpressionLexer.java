package dev.millrace.engine.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Cuts an expression into words. */
final class ExpressionLexer {
    // Possessive throughout: no backtracking whatever the template.
    private static final Pattern NAME = Pattern.compile("[\\p{L}_][\\p{L}\\p{N}_]*+");
    private static final Pattern REAL =
            Pattern.compile("\\d++(?:\\.\\d++(?:[eE][+-]?+\\d++)?+|[eE][+-]?+\\d++)");
    private static final Pattern INTEGER = Pattern.compile("\\d[\\d_]*+");
    private static final Pattern OPERATOR =
            Pattern.compile("\\*\\*|//|==|!=|>=|<=|[-+*/%~\\[\\](){}<>=.:|,;]");

    private final String source;
    private final int line;
    private final List<Token> tokens = new ArrayList<>();
    private int at;

    private ExpressionLexer(String source, int line) {
        this.source = source;
        this.line = line;
    }

    static List<Token> tokens(String source, int line) {
        return new ExpressionLexer(source, line).tokens();
    }

    private List<Token> tokens() {
        while (at < source.length()) {
            char c = source.charAt(at);
            if (Character.isWhitespace(c)) {
                at++;
            } else if (c == '\'' || c == '"') {
                tokens.add(new Token(Token.Kind.STRING, string(c)));
            } else if (!take(Token.Kind.NAME, NAME)
                    && !take(Token.Kind.REAL, REAL)
                    && !take(Token.Kind.INTEGER, INTEGER)
                    && !take(Token.Kind.OPERATOR, OPERATOR)) {
                throw TemplateException.syntax("the character '" + c + "'", line);
            }
        }
        tokens.add(new Token(Token.Kind.END, "the end of the tag"));
        return tokens;
    }

    private boolean take(Token.Kind kind, Pattern pattern) {
        Matcher matcher = pattern.matcher(source).region(at, source.length());
        if (!matcher.lookingAt()) {
            return false;
        }
        tokens.add(new Token(kind, matcher.group()));
        at = matcher.end();
        return true;
    }

    private String string(char quote) {
        StringBuilder text = new StringBuilder();
        at++;
        while (at < source.length() && source.charAt(at) != quote) {
            char c = source.charAt(at++);
            if (c == '\\' && at < source.length()) {
                escape(text);
            } else {
                text.append(c);
            }
        }
        if (at >= source.length()) {
            throw TemplateException.syntax("a text without an end", line);
        }
        at++;
        return text.toString();
    }

    /** As Python's {@code unicode_escape}; an unknown one stays as it is. */
    private void escape(StringBuilder text) {
        char c = source.charAt(at++);
        switch (c) {
            case 'n' -> text.append('\n');
            case 't' -> text.append('\t');
            case 'r' -> text.append('\r');
            case 'b' -> text.append('\b');
            case 'f' -> text.append('\f');
            case 'v' -> text.append('\u000b');
            case 'a' -> text.append('\u0007');
            case '\\', '\'', '"' -> text.append(c);
            case '\n' -> {}
            case 'x' -> code(text, 2);
            case 'u' -> code(text, 4);
            case 'U' -> code(text, 8);
            default -> {
                if (c >= '0' && c <= '7') {
                    octal(text);
                } else {
                    text.append('\\').append(c);
                }
            }
        }
    }

    private void code(StringBuilder text, int digits) {
        int end = at + digits;
        String hex = end <= source.length() ? source.substring(at, end) : "";
        if (!hex.matches("[0-9a-fA-F]+")
                || !Character.isValidCodePoint((int) Long.parseLong(hex, 16))) {
            throw TemplateException.syntax("an escape that is no character", line);
        }
        text.appendCodePoint((int) Long.parseLong(hex, 16));
        at = end;
    }

    private void octal(StringBuilder text) {
        int from = at - 1;
        while (at < source.length()
                && at - from < 3
                && "01234567".indexOf(source.charAt(at)) >= 0) {
            at++;
        }
        text.append((char) Integer.parseInt(source.substring(from, at), 8));
    }
}
