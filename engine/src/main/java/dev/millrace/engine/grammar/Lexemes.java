package dev.millrace.engine.grammar;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.Supplier;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;
import org.apache.lucene.util.automaton.TooComplexToDeterminizeException;
import org.apache.lucene.util.automaton.UTF32ToUTF8;

/** Makes lexemes for one vocabulary. */
final class Lexemes {
    /** Most states of one automaton. */
    static final int MAX_STATES = 50_000;

    /** Bound of the work that making one deterministic may take, in Lucene's unit. */
    static final int WORK = 1_000_000;

    private final BitSet single;

    /** {@code single}: the bytes that are tokens by themselves. */
    Lexemes(BitSet single) {
        this.single = single;
    }

    /**
     * Texts that an automaton over code points accepts.
     *
     * @param where the part of the schema that it is for
     * @throws GrammarException if the automaton is too large
     */
    Lexeme of(String where, Supplier<Automaton> codePoints) {
        try {
            Automaton decided = Operations.determinize(codePoints.get(), WORK);
            limit(where, decided.getNumStates());
            // Lucene's conversion lets through overlong forms of some ranges.
            Automaton loose = Operations.determinize(new UTF32ToUTF8().convert(decided), WORK);
            Automaton bytes = Operations.intersection(loose, CharacterSets.UTF_8);
            limit(where, bytes.getNumStates());
            return table(Operations.removeDeadStates(bytes));
        } catch (TooComplexToDeterminizeException e) {
            throw tooLarge(where, "an automaton that takes too long to build");
        }
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

    /** A JSON string of {@code min} to {@code max} code points. */
    static Lexeme string(int min, int max) {
        return new JsonStringLexeme(min, max);
    }
}
