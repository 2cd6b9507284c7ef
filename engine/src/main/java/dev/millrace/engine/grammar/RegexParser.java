package dev.millrace.engine.grammar;

import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;

/**
 * Reads a regular expression of ECMA-262 with the u flag into an automaton over code points. What no finite automaton can do
 * (look-around, back-references), and word boundaries, are refused.
 *
 * <p>Anchors are understood at the two ends of the whole expression's alternatives. Lazy quantifiers give the same language
 * as greedy ones.
 */
final class RegexParser {
    /** Longest expression in characters. */
    static final int MAX_LENGTH = 8_192;

    private static final int MAX_DEPTH = 64;
    private static final int MAX_REPEAT = 5_000;

    private final String where;
    private final int[] codePoints;
    private int at;
    private int depth;

    private RegexParser(String where, String regex) {
        this.where = where;
        this.codePoints = regex.codePoints().toArray();
    }

    /** Texts that match as a whole. */
    static Automaton whole(String where, String regex) {
        return parse(where, regex, false);
    }

    /** Texts that have a match somewhere, as JSON Schema's {@code pattern} wants. */
    static Automaton somewhere(String where, String regex) {
        return parse(where, regex, true);
    }

    private static Automaton parse(String where, String regex, boolean somewhere) {
        if (regex.length() > MAX_LENGTH) {
            throw new GrammarException(
                    GrammarError.LIMIT,
                    where,
                    "a pattern of " + regex.length() + " characters",
                    "at most " + MAX_LENGTH,
                    "Shorten it");
        }
        RegexParser parser = new RegexParser(where, regex);
        List<Automaton> branches = new ArrayList<>();
        do {
            branches.add(parser.branch(somewhere));
        } while (parser.take('|'));
        if (parser.at < parser.codePoints.length) {
            throw parser.syntax("'" + parser.show() + "' without its partner");
        }
        return Operations.union(branches);
    }

    /** One alternative of the whole expression, with its anchors. */
    private Automaton branch(boolean somewhere) {
        boolean fromStart = take('^');
        Automaton body = sequence();
        boolean toEnd = take('$');
        if (!atEnd() && peek() != '|' && peek() != ')') {
            throw unsupported("an anchor inside", "anchors at the ends of the whole pattern");
        }
        List<Automaton> parts = new ArrayList<>();
        if (somewhere && !fromStart) {
            parts.add(Operations.repeat(CharacterSets.any()));
        }
        parts.add(body);
        if (somewhere && !toEnd) {
            parts.add(Operations.repeat(CharacterSets.any()));
        }
        return Operations.concatenate(parts);
    }

    private Automaton alternatives() {
        List<Automaton> branches = new ArrayList<>();
        do {
            branches.add(sequence());
        } while (take('|'));
        return Operations.union(branches);
    }

    private Automaton sequence() {
        List<Automaton> parts = new ArrayList<>();
        while (!atEnd() && peek() != '|' && peek() != ')' && peek() != '$') {
            parts.add(quantified(atom()));
        }
        return parts.isEmpty() ? Automata.makeEmptyString() : Operations.concatenate(parts);
    }

    private Automaton quantified(Automaton atom) {
        if (atEnd()) {
            return atom;
        }
        Automaton repeated =
                switch (peek()) {
                    case '*' -> Operations.repeat(atom);
                    case '+' -> Operations.repeat(atom, 1);
                    case '?' -> Operations.optional(atom);
                    case '{' -> counted(atom);
                    default -> null;
                };
        if (repeated == null) {
            return atom;
        }
        at++;
        take('?');
        if (!atEnd() && "*+?{".indexOf(peek()) >= 0) {
            throw syntax("'" + show() + "' behind a quantifier");
        }
        return repeated;
    }

    /** Leaves the closing brace to its caller. */
    private Automaton counted(Automaton atom) {
        at++;
        int min = number();
        int max = min;
        boolean open = false;
        if (take(',')) {
            open = peekOr('}') == '}';
            max = open ? min : number();
        }
        if (peekOr(0) != '}' || max < min) {
            throw syntax("a count that is none of {n}, {n,} and {n,m}");
        }
        return open ? Repetition.atLeast(atom, min) : Repetition.of(atom, min, max);
    }

    private int number() {
        int from = at;
        int value = 0;
        while (!atEnd() && peek() >= '0' && peek() <= '9') {
            value = value * 10 + (peek() - '0');
            at++;
            if (value > MAX_REPEAT) {
                throw new GrammarException(
                        GrammarError.LIMIT,
                        where,
                        "a count above " + MAX_REPEAT + " at character " + (from + 1),
                        "at most " + MAX_REPEAT,
                        "Use a smaller count, or maxLength");
            }
        }
        if (at == from) {
            throw syntax("a count without a number");
        }
        return value;
    }

    private Automaton atom() {
        int first = codePoints[at];
        at++;
        return switch (first) {
            case '.' -> CharacterSets.dot();
            case '(' -> group();
            case '[' -> set();
            case '\\' -> escape();
            case '^' -> throw unsupported("'^' inside", "anchors at the ends of the whole pattern");
            case '*', '+', '?', '{', '}', ']' -> {
                at--;
                throw syntax("'" + show() + "' where a character is expected");
            }
            default -> CharacterSets.range(first, first);
        };
    }

    private Automaton group() {
        depth++;
        if (depth > MAX_DEPTH) {
            throw new GrammarException(
                    GrammarError.LIMIT,
                    where,
                    "groups nested deeper than " + MAX_DEPTH,
                    "at most " + MAX_DEPTH,
                    "Nest fewer groups");
        }
        if (take('?') && !take(':')) {
            boolean named = take('<') && peekOr('=') != '=' && peekOr('!') != '!';
            if (!named) {
                throw unsupported("look-around", "groups: (…), (?:…), (?<name>…)");
            }
            while (!atEnd() && peek() != '>') {
                at++;
            }
            at++;
        }
        Automaton inside = alternatives();
        if (!take(')')) {
            if (!atEnd() && peek() == '$') {
                throw unsupported("'$' inside", "anchors at the ends of the whole pattern");
            }
            throw syntax("'(' without ')'");
        }
        depth--;
        return inside;
    }

    private Automaton set() {
        boolean negated = take('^');
        List<Automaton> members = new ArrayList<>();
        while (peekOr(']') != ']') {
            members.add(member());
        }
        if (!take(']')) {
            throw syntax("'[' without ']'");
        }
        Automaton set = CharacterSets.union(members);
        return negated ? CharacterSets.not(set) : set;
    }

    /** One character, class or range inside brackets. */
    private Automaton member() {
        int from = single(true);
        if (from < 0) {
            return classEscape();
        }
        boolean range = peekOr(0) == '-' && at + 1 < codePoints.length && codePoints[at + 1] != ']';
        if (!range) {
            return CharacterSets.range(from, from);
        }
        at++;
        int to = single(true);
        if (to < from) {
            throw syntax("a range whose ends are no characters in order");
        }
        return CharacterSets.range(from, to);
    }

    private Automaton escape() {
        at--;
        int codePoint = single(false);
        return codePoint < 0 ? classEscape() : CharacterSets.range(codePoint, codePoint);
    }

    /** A character, written as itself or by an escape; -1, and nothing taken, for the escape of a class. */
    private int single(boolean inBrackets) {
        if (peek() != '\\') {
            at++;
            return codePoints[at - 1];
        }
        int letter = at + 1 < codePoints.length ? codePoints[at + 1] : 0;
        if ("dDwWsSpP".indexOf(letter) >= 0 && letter != 0) {
            return -1;
        }
        at += 2;
        return switch (letter) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'f' -> '\f';
            case 'v' -> 0x0b;
            case '0' -> 0;
            case 'x' -> hexadecimal(2);
            case 'u' -> unicode();
            case 'c' -> control();
            case 'b' -> {
                if (!inBrackets) {
                    throw unsupported("a word boundary", "characters, classes and groups");
                }
                yield '\b';
            }
            default -> identity(letter);
        };
    }

    private int control() {
        int letter = peekOr(0);
        if (!((letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z'))) {
            throw syntax("an escape of a control character without a letter");
        }
        at++;
        return letter % 32;
    }

    private int identity(int letter) {
        if ("^$\\.*+?()[]{}|/-".indexOf(letter) >= 0 && letter != 0) {
            return letter;
        }
        if ((letter >= '1' && letter <= '9') || letter == 'k') {
            throw unsupported("a back-reference", "characters, classes and groups");
        }
        at -= 2;
        throw syntax("an escape that the u flag does not have");
    }

    private int unicode() {
        if (take('{')) {
            int from = at;
            while (peekOr('}') != '}') {
                at++;
            }
            at++;
            return parseHexadecimal(from, at - 1);
        }
        int high = hexadecimal(4);
        boolean pair =
                Character.isHighSurrogate((char) high)
                        && peekOr(0) == '\\'
                        && at + 1 < codePoints.length
                        && codePoints[at + 1] == 'u';
        if (!pair) {
            return high;
        }
        at += 2;
        return Character.toCodePoint((char) high, (char) hexadecimal(4));
    }

    private int hexadecimal(int digits) {
        at += digits;
        return parseHexadecimal(at - digits, at);
    }

    private int parseHexadecimal(int from, int to) {
        int value = 0;
        for (int i = from; i < to || from == to; i++) {
            int digit = i < codePoints.length ? Character.digit(codePoints[i], 16) : -1;
            value = value * 16 + digit;
            if (digit < 0 || value > Character.MAX_CODE_POINT) {
                at = Math.min(from, codePoints.length);
                throw syntax("an escape without a hexadecimal number");
            }
        }
        return value;
    }

    private Automaton classEscape() {
        int letter = codePoints[at + 1];
        at += 2;
        if (letter != 'p' && letter != 'P') {
            return CharacterSets.ofEscape(letter);
        }
        int from = at + 1;
        while (peekOr('}') != '}') {
            at++;
        }
        boolean braces = at < codePoints.length && from <= at && codePoints[from - 1] == '{';
        Automaton set =
                braces ? CharacterSets.ofProperty(new String(codePoints, from, at - from)) : null;
        if (set == null) {
            throw syntax("a Unicode property that is not known");
        }
        at++;
        return letter == 'p' ? set : CharacterSets.not(set);
    }

    private boolean atEnd() {
        return at >= codePoints.length;
    }

    private int peek() {
        return codePoints[at];
    }

    private int peekOr(int otherwise) {
        return atEnd() ? otherwise : codePoints[at];
    }

    private boolean take(int codePoint) {
        if (!atEnd() && peek() == codePoint) {
            at++;
            return true;
        }
        return false;
    }

    private String show() {
        return Character.toString(peek());
    }

    private GrammarException syntax(String given) {
        return new GrammarException(
                GrammarError.SYNTAX,
                where,
                given + ", at character " + (Math.min(at, codePoints.length) + 1),
                "a regular expression of ECMA-262 with the u flag",
                "Mend the pattern");
    }

    private GrammarException unsupported(String given, String allowed) {
        return new GrammarException(
                GrammarError.UNSUPPORTED,
                where,
                given + ", at character " + (Math.min(at, codePoints.length) + 1),
                allowed,
                "Rewrite the pattern without it");
    }
}
