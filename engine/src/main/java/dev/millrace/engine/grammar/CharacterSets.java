package dev.millrace.engine.grammar;

import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;

/**
 * Sets of code points as automata that accept one of them. Surrogates are in none: they have no UTF-8.
 *
 * <p>Source: ECMA-262, sections 22.2.1 and 22.2.2, with the u flag.
 */
final class CharacterSets {
    private static final int WORK = 10_000;

    private CharacterSets() {}

    /** Every code point. */
    static Automaton any() {
        return Operations.union(
                List.of(
                        Automata.makeCharRange(0, Character.MIN_SURROGATE - 1),
                        Automata.makeCharRange(
                                Character.MAX_SURROGATE + 1, Character.MAX_CODE_POINT)));
    }

    /** What a dot stands for: all but line terminators. */
    static Automaton dot() {
        return not(ofAll('\n', '\r', 0x2028, 0x2029));
    }

    static Automaton range(int from, int to) {
        return Operations.intersection(Automata.makeCharRange(from, to), any());
    }

    static Automaton not(Automaton set) {
        return Operations.determinize(Operations.minus(any(), set, WORK), WORK);
    }

    static Automaton union(List<Automaton> sets) {
        return Operations.determinize(Operations.union(sets), WORK);
    }

    /** The set of a letter behind a backslash: d, w, s and their opposites; null for other letters. */
    static Automaton ofEscape(int letter) {
        return switch (letter) {
            case 'd' -> digits();
            case 'D' -> not(digits());
            case 'w' -> word();
            case 'W' -> not(word());
            case 's' -> space();
            case 'S' -> not(space());
            default -> null;
        };
    }

    private static Automaton digits() {
        return range('0', '9');
    }

    private static Automaton word() {
        return union(List.of(digits(), range('a', 'z'), range('A', 'Z'), range('_', '_')));
    }

    private static Automaton space() {
        return union(
                List.of(
                        range('\t', '\r'),
                        ofAll(' ', 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000, 0xfeff),
                        range(0x2000, 0x200a)));
    }

    private static Automaton ofAll(int... codePoints) {
        Automaton.Builder builder = new Automaton.Builder();
        int start = builder.createState();
        int end = builder.createState();
        builder.setAccept(end, true);
        for (int codePoint : codePoints) {
            builder.addTransition(start, end, codePoint);
        }
        return builder.finish();
    }

    /**
     * Code points with a Unicode property, by the Java platform's tables; null if it has none of this name.
     *
     * @param name a general category or script in ECMA's form: Lu, L, Script=Greek, sc=Greek
     */
    static Automaton ofProperty(String name) {
        String javaName = name.replaceFirst("^(?:Script|sc)=", "Is");
        javaName = javaName.replaceFirst("^(?:General_Category|gc)=", "");
        Pattern pattern;
        try {
            pattern = Pattern.compile("\\p{" + javaName + "}");
        } catch (PatternSyntaxException e) {
            return null;
        }
        Automaton.Builder builder = new Automaton.Builder();
        int start = builder.createState();
        int end = builder.createState();
        builder.setAccept(end, true);
        int from = -1;
        for (int codePoint = 0; codePoint <= Character.MAX_CODE_POINT + 1; codePoint++) {
            boolean inside =
                    Character.isValidCodePoint(codePoint)
                            && !isSurrogate(codePoint)
                            && pattern.matcher(Character.toString(codePoint)).matches();
            if (inside && from < 0) {
                from = codePoint;
            } else if (!inside && from >= 0) {
                builder.addTransition(start, end, from, codePoint - 1);
                from = -1;
            }
        }
        return builder.finish();
    }

    private static boolean isSurrogate(int codePoint) {
        return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
    }
}
