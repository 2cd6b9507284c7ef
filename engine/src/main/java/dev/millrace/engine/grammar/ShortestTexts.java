package dev.millrace.engine.grammar;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/** The lengths of a language's shortest texts. */
final class ShortestTexts {
    private static final int MAX_STEPS = 200_000;

    private ShortestTexts() {}

    /** A beginning of texts: its length, the states it leads to, and a length that its texts have at least. */
    private static final class Beginning {
        final int length;
        final int[] states;
        final int least;

        Beginning(int length, int[] states, int least) {
            this.length = length;
            this.states = states;
            this.least = least;
        }
    }

    /**
     * Bytes of the {@code count}-th shortest text that one of the lexemes has; {@link Rule#ENDLESS} if there are fewer, or they
     * are not found soon.
     */
    static int length(List<Lexeme> lexemes, int count, BitSet single) {
        PriorityQueue<Beginning> queue =
                new PriorityQueue<>(Comparator.comparingInt(from -> from.least));
        int[] start = lexemes.stream().mapToInt(Lexeme::start).toArray();
        queue.add(new Beginning(0, start, 0));
        int found = 0;
        for (int step = 0; step < MAX_STEPS && !queue.isEmpty(); step++) {
            Beginning from = queue.remove();
            if (from.least == from.length && accepts(lexemes, from.states)) {
                found++;
            }
            if (found == count) {
                return from.length;
            }
            queue.addAll(longer(lexemes, from, single));
        }
        return Rule.ENDLESS;
    }

    private static boolean accepts(List<Lexeme> lexemes, int[] states) {
        for (int i = 0; i < states.length; i++) {
            if (states[i] != Lexeme.DEAD && lexemes.get(i).accepts(states[i])) {
                return true;
            }
        }
        return false;
    }

    private static List<Beginning> longer(List<Lexeme> lexemes, Beginning from, BitSet single) {
        List<Beginning> longer = new ArrayList<>();
        for (int value = single.nextSetBit(0); value >= 0; value = single.nextSetBit(value + 1)) {
            int[] states = new int[from.states.length];
            int distance = Rule.ENDLESS;
            for (int i = 0; i < states.length; i++) {
                int state = from.states[i];
                states[i] = state == Lexeme.DEAD ? Lexeme.DEAD : lexemes.get(i).step(state, value);
                if (states[i] != Lexeme.DEAD) {
                    distance = Math.min(distance, lexemes.get(i).distance(states[i]));
                }
            }
            if (distance < Rule.ENDLESS) {
                longer.add(new Beginning(from.length + 1, states, from.length + 1 + distance));
            }
        }
        return longer;
    }
}
