package dev.millrace.engine.grammar;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.ByteRunAutomaton;
import org.apache.lucene.util.automaton.Transition;

/**
 * A lexeme from a finite automaton over bytes. States from which no end can be reached with the vocabulary's bytes are dead.
 *
 * <p>Thread-safety: immutable.
 */
final class TableLexeme implements Lexeme {
    private final ByteRunAutomaton table;
    private final int[] distances;
    private final boolean[] continues;

    /**
     * @param automaton deterministic, over bytes
     * @param single bytes that are tokens by themselves
     */
    TableLexeme(Automaton automaton, BitSet single) {
        table = new ByteRunAutomaton(automaton, true, Lexemes.WORK);
        distances = distances(automaton, single);
        continues = new boolean[distances.length];
        for (int state = 0; state < continues.length; state++) {
            for (int value = 0; value < 256 && !continues[state]; value++) {
                continues[state] = step(state, value) != DEAD;
            }
        }
    }

    /** Breadth first from the ends, against the arrows. */
    private static int[] distances(Automaton automaton, BitSet single) {
        List<List<Integer>> sources = new ArrayList<>();
        int[] distances = new int[automaton.getNumStates()];
        Arrays.fill(distances, Rule.ENDLESS);
        ArrayDeque<Integer> queue = new ArrayDeque<>();
        for (int state = 0; state < distances.length; state++) {
            sources.add(new ArrayList<>());
            if (automaton.isAccept(state)) {
                distances[state] = 0;
                queue.add(state);
            }
        }
        Transition transition = new Transition();
        for (int state = 0; state < distances.length; state++) {
            int count = automaton.initTransition(state, transition);
            for (int i = 0; i < count; i++) {
                automaton.getNextTransition(transition);
                int value = single.nextSetBit(transition.min);
                if (value >= 0 && value <= transition.max) {
                    sources.get(transition.dest).add(state);
                }
            }
        }
        while (!queue.isEmpty()) {
            int state = queue.remove();
            for (int source : sources.get(state)) {
                if (distances[source] == Rule.ENDLESS) {
                    distances[source] = distances[state] + 1;
                    queue.add(source);
                }
            }
        }
        return distances;
    }

    @Override
    public int start() {
        return 0;
    }

    @Override
    public int step(int state, int value) {
        int next = table.step(state, value);
        return next >= 0 && distances[next] < Rule.ENDLESS ? next : DEAD;
    }

    @Override
    public boolean accepts(int state) {
        return table.isAccept(state);
    }

    @Override
    public boolean continues(int state) {
        return continues[state];
    }

    @Override
    public int distance(int state) {
        return distances[state];
    }

    @Override
    public int representative(int state, int horizon) {
        return state;
    }
}
