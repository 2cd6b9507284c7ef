package dev.millrace.engine.grammar;

import java.util.Arrays;
import java.util.BitSet;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Transition;

/**
 * A lexeme from a finite automaton over bytes. States from which no end can be reached with the vocabulary's bytes are dead.
 *
 * <p>Thread-safety: immutable.
 */
final class TableLexeme implements Lexeme {
    /** Bytes that no state tells apart have one class. */
    private final int[] classes;

    private final int numClasses;

    /** By state, then by class. */
    private final int[] next;

    private final BitSet accepting;
    private final int[] distances;
    private final BitSet continuing = new BitSet();

    /**
     * A table.
     *
     * @param automaton deterministic, over bytes
     * @param single bytes that are tokens by themselves
     */
    TableLexeme(Automaton automaton, BitSet single) {
        BitSet firsts = new BitSet(256);
        firsts.set(0);
        for (int value : automaton.getStartPoints()) {
            firsts.set(Math.min(value, 255));
        }
        classes = new int[256];
        for (int value = 1; value < 256; value++) {
            classes[value] = classes[value - 1] + (firsts.get(value) ? 1 : 0);
        }
        numClasses = classes[255] + 1;
        next = table(automaton);
        accepting = new BitSet();
        distances = new int[automaton.getNumStates()];
        for (int state = 0; state < distances.length; state++) {
            accepting.set(state, automaton.isAccept(state));
        }
        measure(single);
        cutDead();
    }

    private int[] table(Automaton automaton) {
        int[] table = new int[automaton.getNumStates() * numClasses];
        Arrays.fill(table, DEAD);
        Transition transition = new Transition();
        for (int state = 0; state < automaton.getNumStates(); state++) {
            int count = automaton.initTransition(state, transition);
            for (int i = 0; i < count; i++) {
                automaton.getNextTransition(transition);
                int row = state * numClasses;
                int from = row + classes[transition.min];
                Arrays.fill(table, from, row + classes[transition.max] + 1, transition.dest);
            }
        }
        return table;
    }

    /** Distances, breadth first from the ends against the arrows of those bytes that are tokens. */
    private void measure(BitSet single) {
        BitSet usable = new BitSet(numClasses);
        single.stream().forEach(value -> usable.set(classes[value]));
        int[] firstSource = new int[distances.length + 1];
        for (int i = 0; i < next.length; i++) {
            if (next[i] >= 0 && usable.get(i % numClasses)) {
                firstSource[next[i]]++;
            }
        }
        for (int state = 1; state < firstSource.length; state++) {
            firstSource[state] += firstSource[state - 1];
        }
        int[] sources = new int[firstSource[distances.length]];
        for (int i = 0; i < next.length; i++) {
            if (next[i] >= 0 && usable.get(i % numClasses)) {
                sources[--firstSource[next[i]]] = i / numClasses;
            }
        }
        int[] queue = new int[distances.length];
        int queued = 0;
        for (int state = 0; state < distances.length; state++) {
            distances[state] = accepting.get(state) ? 0 : Rule.ENDLESS;
            if (accepting.get(state)) {
                queue[queued++] = state;
            }
        }
        for (int done = 0; done < queued; done++) {
            int state = queue[done];
            for (int i = firstSource[state]; i < firstSource[state + 1]; i++) {
                if (distances[sources[i]] == Rule.ENDLESS) {
                    distances[sources[i]] = distances[state] + 1;
                    queue[queued++] = sources[i];
                }
            }
        }
    }

    private void cutDead() {
        for (int i = 0; i < next.length; i++) {
            if (next[i] >= 0 && distances[next[i]] >= Rule.ENDLESS) {
                next[i] = DEAD;
            }
            if (next[i] >= 0) {
                continuing.set(i / numClasses);
            }
        }
    }

    @Override
    public int start() {
        return 0;
    }

    @Override
    public int step(int state, int value) {
        return next[state * numClasses + classes[value]];
    }

    @Override
    public boolean accepts(int state) {
        return accepting.get(state);
    }

    @Override
    public boolean continues(int state) {
        return continuing.get(state);
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
