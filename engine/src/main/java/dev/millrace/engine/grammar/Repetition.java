package dev.millrace.engine.grammar;

import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;
import org.apache.lucene.util.automaton.Transition;

/**
 * Automata of counted repetitions. Lucene's way to make one looks at all transitions of all rounds for each end of a round; this
 * one copies the transitions of the first state there.
 */
final class Repetition {
    private Repetition() {}

    /** {@code item} from {@code min} to {@code max} times; not deterministic in general. */
    static Automaton of(Automaton item, int min, int max) {
        if (max == 0 || item.getNumStates() == 0) {
            return min == 0 ? Automata.makeEmptyString() : Automata.makeEmpty();
        }
        // An end that is passed without a character would end several rounds at once.
        boolean skips = item.isAccept(0);
        int size = item.getNumStates();
        Automaton rounds = new Automaton();
        rounds.setAccept(rounds.createState(), min == 0 || skips);
        for (int round = 0; round < max; round++) {
            for (int state = 0; state < size; state++) {
                boolean last = skips || round + 1 >= min;
                rounds.setAccept(rounds.createState(), last && item.isAccept(state));
            }
        }
        addCopy(rounds, 0, item, 0, 1);
        rounds.finishState();
        for (int round = 0; round < max; round++) {
            int first = 1 + round * size;
            for (int state = 0; state < size; state++) {
                addCopy(rounds, first + state, item, state, first);
                if (item.isAccept(state) && round + 1 < max) {
                    addCopy(rounds, first + state, item, 0, first + size);
                }
            }
        }
        rounds.finishState();
        return rounds;
    }

    /** {@code item} {@code min} times or more. */
    static Automaton atLeast(Automaton item, int min) {
        return Operations.concatenate(of(item, min, min), Operations.repeat(item));
    }

    /** Adds the transitions of {@code state} to {@code from}, in the round that begins at {@code first}. */
    private static void addCopy(Automaton rounds, int from, Automaton item, int state, int first) {
        Transition transition = new Transition();
        int count = item.initTransition(state, transition);
        for (int i = 0; i < count; i++) {
            item.getNextTransition(transition);
            rounds.addTransition(from, first + transition.dest, transition.min, transition.max);
        }
    }
}
