package dev.millrace.engine.grammar;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Transition;

/**
 * Sets of code points as deterministic automata of two states that accept one of them. Surrogates are in none: they have no
 * UTF-8.
 *
 * <p>Source: ECMA-262, sections 22.2.1 and 22.2.2, with the u flag.
 */
final class CharacterSets {
    /** By name; the platform has a few hundred. */
    private static final Map<String, Automaton> PROPERTIES = new ConcurrentHashMap<>();

    private CharacterSets() {}

    /** The two states of a set, and what leads from one to the other. */
    private static final class Builder {
        private final Automaton.Builder states = new Automaton.Builder();
        private final int start = states.createState();
        private final int end = states.createState();

        Builder() {
            states.setAccept(end, true);
        }

        /** Adds the code points of a range, less surrogates. */
        void add(int from, int to) {
            int below = Math.min(to, Character.MIN_SURROGATE - 1);
            if (from <= below) {
                states.addTransition(start, end, from, below);
            }
            int above = Math.max(from, Character.MAX_SURROGATE + 1);
            if (above <= to) {
                states.addTransition(start, end, above, to);
            }
        }

        Automaton finish() {
            return states.finish();
        }
    }

    /** Every code point. */
    static Automaton any() {
        return not(Automata.makeEmpty());
    }

    /** What a dot stands for: all but line terminators. */
    static Automaton dot() {
        return not(ofAll('\n', '\r', 0x2028, 0x2029));
    }

    static Automaton range(int from, int to) {
        Builder builder = new Builder();
        builder.add(from, to);
        return builder.finish();
    }

    static Automaton not(Automaton set) {
        Builder builder = new Builder();
        Transition transition = new Transition();
        int count = set.getNumStates() == 0 ? 0 : set.initTransition(0, transition);
        int from = 0;
        for (int i = 0; i < count; i++) {
            set.getNextTransition(transition);
            builder.add(from, transition.min - 1);
            from = transition.max + 1;
        }
        builder.add(from, Character.MAX_CODE_POINT);
        return builder.finish();
    }

    /** Two states for all of them, so that repetitions stay small. */
    static Automaton union(List<Automaton> sets) {
        Builder builder = new Builder();
        Transition transition = new Transition();
        for (Automaton set : sets) {
            int count = set.getNumStates() == 0 ? 0 : set.initTransition(0, transition);
            for (int i = 0; i < count; i++) {
                set.getNextTransition(transition);
                builder.add(transition.min, transition.max);
            }
        }
        return builder.finish();
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
        Builder builder = new Builder();
        for (int codePoint : codePoints) {
            builder.add(codePoint, codePoint);
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
        try {
            return runs(Pattern.compile("\\p{" + javaName + "}+"));
        } catch (PatternSyntaxException e) {
            return null;
        }
    }

    /** Code points that match, found as runs in a text of all of them: far quicker than one by one. */
    private static Automaton runs(Pattern pattern) {
        StringBuilder all = new StringBuilder(2 * Character.MAX_CODE_POINT);
        for (int codePoint = 0; codePoint <= Character.MAX_CODE_POINT; codePoint++) {
            if (!isSurrogate(codePoint)) {
                all.appendCodePoint(codePoint);
            }
        }
        Builder builder = new Builder();
        Matcher matcher = pattern.matcher(all);
        while (matcher.find()) {
            int from = all.codePointAt(matcher.start());
            int to = all.codePointBefore(matcher.end());
            builder.add(from, to);
        }
        return builder.finish();
    }

    private static boolean isSurrogate(int codePoint) {
        return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
    }
}
