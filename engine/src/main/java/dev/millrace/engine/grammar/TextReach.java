package dev.millrace.engine.grammar;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Where the texts of an {@link Alphabet} lead from a place, whichever they are: whether all of a length may follow, and how far
 * behind them the end of the answer is at least and at most.
 *
 * <p>Thread-safety: none.
 */
final class TextReach {
    /** What is known of the texts of one length. */
    enum Verdict {
        ALL,
        NONE,
        UNKNOWN
    }

    /** Sets of states behind one more code point are followed up to this size. */
    private static final int MAX_STATES = 4;

    private static final int MAX_KEPT = 20_000;
    private static final int[] SOME_DIE = {};

    /**
     * A state between two code points.
     *
     * @param last whether the answer ends with the lexeme
     */
    private record Origin(Lexeme lexeme, int state, Alphabet alphabet, boolean last) {}

    /** A state within a code point. */
    private record Inside(int state, int place) {}

    private final Map<Origin, int[]> kept = new HashMap<>();

    /** By code points, up to {@link #alive}: bounds of the distance behind them. */
    private final int[] least;

    private final int[] most;

    /** All texts of up to so many code points may follow. */
    private int alive;

    /** Of texts of so many code points or more some reading is not known. */
    private int unknown;

    /** {@code longest}: code points of the longest token. */
    TextReach(int longest) {
        least = new int[longest + 1];
        most = new int[longest + 1];
    }

    /** Looks from a place on, for texts of up to {@code longest} code points. */
    void look(Configuration from, Alphabet alphabet, int longest) {
        alive = 0;
        unknown = longest + 1;
        for (int i = 0; i < from.numPositions(); i++) {
            look(from.position(i), alphabet, longest);
        }
    }

    /** What all texts of {@code length} code points have in common, when {@code farthest} bytes may follow them. */
    Verdict verdict(int length, int farthest) {
        if (length <= alive && most[length] <= farthest) {
            return Verdict.ALL;
        }
        boolean none = length < unknown && (length > alive || least[length] > farthest);
        return none ? Verdict.NONE : Verdict.UNKNOWN;
    }

    /** How far the end may be behind texts of {@code length} code points, which may all follow. */
    int most(int length) {
        return most[length];
    }

    private void look(Position position, Alphabet alphabet, int longest) {
        int[] states = {position.state()};
        for (int length = 1; length <= longest; length++) {
            states = next(position, states, length, alphabet);
            if (states == SOME_DIE) {
                unknown = Math.min(unknown, length);
                return;
            }
            if (states.length == 0) {
                return;
            }
            bound(position, states, length);
        }
    }

    private void bound(Position position, int[] states, int length) {
        int nearest = Rule.ENDLESS;
        int farthest = 0;
        for (int state : states) {
            int distance = position.lexeme().distance(state);
            nearest = Math.min(nearest, distance);
            farthest = Math.max(farthest, distance);
        }
        int rest = Frame.shortestOf(position.rest());
        boolean first = length > alive;
        least[length] = Math.min(first ? Rule.ENDLESS : least[length], Rule.add(nearest, rest));
        most[length] = Math.min(first ? Rule.ENDLESS : most[length], Rule.add(farthest, rest));
        alive = Math.max(alive, length);
    }

    /** Behind {@code length} code points, from the states behind one less. */
    private int[] next(Position from, int[] states, int length, Alphabet alphabet) {
        int after = from.lexeme().afterText(from.state(), length);
        if (after != Lexeme.UNKNOWN) {
            return after == Lexeme.DEAD ? new int[0] : new int[] {after};
        }
        Set<Integer> all = new TreeSet<>();
        int ended = 0;
        for (int state : states) {
            int[] some = next(new Origin(from.lexeme(), state, alphabet, from.rest() == null));
            if (some == SOME_DIE) {
                return SOME_DIE;
            }
            ended += some.length == 0 ? 1 : 0;
            Arrays.stream(some).forEach(all::add);
        }
        boolean known = (ended == 0 || all.isEmpty()) && all.size() <= MAX_STATES;
        return known ? all.stream().mapToInt(Integer::intValue).toArray() : SOME_DIE;
    }

    private int[] next(Origin from) {
        int[] known = kept.get(from);
        if (known == null) {
            if (kept.size() >= MAX_KEPT) {
                kept.clear();
            }
            known = explore(from);
            kept.put(from, known);
        }
        return known;
    }

    /** States behind one code point; none if all die. Where a lexeme may end on the way, others go on, which is not followed. */
    private static int[] explore(Origin from) {
        Set<Integer> found = new TreeSet<>();
        Set<Inside> seen = new HashSet<>();
        Deque<Inside> open = new ArrayDeque<>();
        open.add(new Inside(from.state, Utf8Place.BETWEEN));
        boolean dies = false;
        while (!open.isEmpty()) {
            Inside at = open.remove();
            for (int value = 0; value < 256; value++) {
                int place = from.alphabet.step(at.place, value);
                if (place == Utf8Place.NONE) {
                    continue;
                }
                int state = from.lexeme.step(at.state, value);
                if (state == Lexeme.DEAD) {
                    dies = true;
                } else if (!from.last && from.lexeme.accepts(state)) {
                    return SOME_DIE;
                } else if (place == Utf8Place.BETWEEN) {
                    found.add(state);
                } else if (seen.add(new Inside(state, place))) {
                    open.add(new Inside(state, place));
                }
                if (dies && (!found.isEmpty() || !seen.isEmpty())) {
                    return SOME_DIE;
                }
            }
        }
        return found.stream().mapToInt(Integer::intValue).toArray();
    }
}
