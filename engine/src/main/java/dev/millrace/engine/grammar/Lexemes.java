package dev.millrace.engine.grammar;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;
import org.apache.lucene.util.automaton.TooComplexToDeterminizeException;

/** Makes lexemes for one vocabulary. */
final class Lexemes {
    /** Most states of one automaton. */
    static final int MAX_STATES = 50_000;

    /** Bound of the work that making one deterministic may take, in Lucene's unit. */
    static final int WORK = 1_000_000;

    /** Lexemes that schemas have in common, by the bytes of the vocabulary and what was asked for. */
    private static final Map<List<Object>, Lexeme> KNOWN =
            Collections.synchronizedMap(
                    new LinkedHashMap<>(16, 0.75f, true) {
                        private static final long serialVersionUID = 1L;

                        @Override
                        protected boolean removeEldestEntry(
                                Map.Entry<List<Object>, Lexeme> eldest) {
                            return size() > MAX_KNOWN;
                        }
                    });

    private static final int MAX_KNOWN = 256;
    private static final int MAX_KNOWN_STATES = 4_000;

    private final BitSet single;
    private boolean freeKeys;

    /** {@code single}: the bytes that are tokens by themselves. */
    Lexemes(BitSet single) {
        this.single = single;
    }

    /**
     * Texts that an automaton over code points accepts.
     *
     * @param where the part of the schema that it is for
     * @param asked what the automaton depends on; equal ones have equal automata
     * @throws GrammarException if the automaton is too large
     */
    Lexeme of(String where, List<?> asked, Supplier<Automaton> codePoints) {
        List<Object> key = List.of(single, asked);
        Lexeme known = KNOWN.get(key);
        if (known != null) {
            return known;
        }
        try {
            Automaton bytes = bytes(where, codePoints.get());
            Lexeme lexeme = table(bytes);
            if (bytes.getNumStates() <= MAX_KNOWN_STATES) {
                KNOWN.put(key, lexeme);
            }
            return lexeme;
        } catch (TooComplexToDeterminizeException e) {
            throw tooLarge(where, "an automaton that takes too long to build");
        }
    }

    private static Automaton bytes(String where, Automaton codePoints) {
        Automaton decided = Operations.determinize(codePoints, WORK);
        limit(where, decided.getNumStates());
        Automaton bytes = Utf8Automaton.of(decided);
        limit(where, bytes.getNumStates());
        return bytes;
    }

    private Lexeme table(Automaton bytes) {
        if (bytes.getNumStates() == 0) {
            bytes.createState();
            bytes.finishState();
        }
        return new TableLexeme(bytes, single);
    }

    private static void limit(String where, int states) {
        if (states > MAX_STATES) {
            throw tooLarge(where, "an automaton of " + states + " states");
        }
    }

    private static GrammarException tooLarge(String where, String given) {
        return new GrammarException(
                GrammarError.LIMIT,
                where,
                given,
                "at most " + MAX_STATES + " states",
                "Use a simpler pattern or a smaller length");
    }

    /** Exactly one of the texts. */
    Lexeme oneOf(List<String> texts) {
        List<BytesRef> sorted = new ArrayList<>();
        texts.stream().distinct().forEach(text -> sorted.add(new BytesRef(text)));
        sorted.sort(null);
        return new TableLexeme(Automata.makeBinaryStringUnion(sorted), single);
    }

    /** Objects may have keys that the schema does not name, of which none must be there twice. */
    void useFreeKeys() {
        freeKeys = true;
    }

    boolean hasFreeKeys() {
        return freeKeys;
    }

    /** What a lexeme has but these texts. */
    Lexeme except(Lexeme all, List<String> texts) {
        return texts.isEmpty() ? all : new ExceptLexeme(all, texts, single);
    }

    /** Bytes of the {@code count}-th shortest text that one of the lexemes has, if they have as many. */
    int lengthOfShortest(List<Lexeme> lexemes, int count) {
        return ShortestTexts.length(lexemes, count, single);
    }

    /** A JSON string of {@code min} to {@code max} code points. */
    static Lexeme string(int min, int max) {
        return new JsonStringLexeme(min, max);
    }
}
