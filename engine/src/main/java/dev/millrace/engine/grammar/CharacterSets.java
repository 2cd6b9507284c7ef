package dev.millrace.engine.grammar;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
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
    /** All texts in UTF-8, as bytes (RFC 3629, section 4). Deterministic. */
    static final Automaton UTF_8 = utf8();

    private static final int WORK = 10_000;

    /** By name; the platform has a few hundred. */
    private static final Map<String, Automaton> PROPERTIES = new ConcurrentHashMap<>();

    private CharacterSets() {}

    private static Automaton utf8() {
        Automaton.Builder builder = new Automaton.Builder();
        int text = builder.createState();
        builder.setAccept(text, true);
        int oneMore = builder.createState();
        int twoMore = builder.createState();
        int threeMore = builder.createState();
        builder.addTransition(text, text, 0, 0x7f);
        builder.addTransition(oneMore, text, 0x80, 0xbf);
        builder.addTransition(twoMore, oneMore, 0x80, 0xbf);
        builder.addTransition(threeMore, twoMore, 0x80, 0xbf);
        builder.addTransition(text, oneMore, 0xc2, 0xdf);
        builder.addTransition(text, twoMore, 0xe1, 0xec);
        builder.addTransition(text, twoMore, 0xee, 0xef);
        builder.addTransition(text, threeMore, 0xf1, 0xf3);
        addLead(builder, text, 0xe0, oneMore, 0xa0, 0xbf);
        addLead(builder, text, 0xed, oneMore, 0x80, 0x9f);
        addLead(builder, text, 0xf0, twoMore, 0x90, 0xbf);
        addLead(builder, text, 0xf4, twoMore, 0x80, 0x8f);
        return builder.finish();
    }

    /** A first byte behind which the second is restricted. */
    private static void addLead(
            Automaton.Builder builder, int text, int lead, int next, int from, int to) {
        int middle = builder.createState();
        builder.addTransition(text, middle, lead);
        builder.addTransition(middle, next, from, to);
    }

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
        Automaton known = PROPERTIES.get(name);
        if (known == null) {
            known = findProperty(name);
            if (known != null) {
                PROPERTIES.put(name, known);
            }
        }
        return known;
    }

    private static Automaton findProperty(String name) {
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
