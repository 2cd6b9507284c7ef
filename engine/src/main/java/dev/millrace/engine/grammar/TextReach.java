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
 * Where the texts of an {@link Alphabet} lead from a place, whichever they are: whether all of a length may follow, or none, and
 * how far behind them the end of the answer is at least and at most.
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

    /** Looks at what follows one state for one mask. */
    private static final int MAX_LOOKS = 2_000;

    private static final int MAX_KEPT = 20_000;

    /**
     * A state between two code points.
     *
     * @param last whether the answer ends with the lexeme
     */
    private record Origin(Lexeme lexeme, int state, Alphabet alphabet, boolean last) {}

    /** A state within a code point. */
    private record Inside(int state, int place) {}

    /** States behind some code points, in order. */
    private static final class States {
        static final States NONE = new States(new int[0], true);
        static final States UNKNOWN = new States(new int[0], true);

        final int[] alive;
        final boolean someDie;

        States(int[] alive, boolean someDie) {
            this.alive = alive;
            this.someDie = someDie;
        }
    }

    private final Map<Origin, States> kept = new HashMap<>();

    /** By code points: bounds of the distance behind them. {@link Rule#ENDLESS} where none, or not surely all, may follow. */
    private final int[] least;

    private final int[] most;

    /** Of texts of so many code points or more some reading is not known. */
    private int unknown;

    private int looks;

    /** {@code longest}: code points of the longest token. */
    TextReach(int longest) {
        least = new int[longest + 1];
        most = new int[longest + 1];
    }

    /** A new mask: the bound of its work begins again. */
    void begin() {
        looks = 0;
    }

    /** Looks from a place on, for texts of up to {@code longest} code points. */
    void look(Configuration from, Alphabet alphabet, int longest) {
        Arrays.fill(least, Rule.ENDLESS);
        Arrays.fill(most, Rule.ENDLESS);
        unknown = longest + 1;
        for (int i = 0; i < from.numPositions(); i++) {
            look(from.position(i), alphabet, longest);
        }
    }

    /** What all texts of {@code length} code points have in common, when {@code farthest} bytes may follow them. */
    Verdict verdict(int length, int farthest) {
        int bound = Math.min(farthest, Rule.ENDLESS - 1);
        if (most[length] <= bound) {
            return Verdict.ALL;
        }
        return length < unknown && least[length] > bound ? Verdict.NONE : Verdict.UNKNOWN;
    }

    /** How far the end may be behind texts of {@code length} code points, which may all follow. */
    int most(int length) {
        return most[length];
    }

    private void look(Position position, Alphabet alphabet, int longest) {
        boolean someDie = false;
        States states = new States(new int[] {position.state()}, false);
        for (int length = 1; length <= longest; length++) {
            states = next(position, states, length, alphabet);
            if (states == States.UNKNOWN) {
                unknown = Math.min(unknown, length);
                return;
            }
            if (states.alive.length == 0) {
                return;
            }
            someDie |= states.someDie;
            bound(position, states.alive, length, someDie);
        }
    }

    private void bound(Position position, int[] states, int length, boolean someDie) {
        int rest = Frame.shortestOf(position.rest());
        int farthest = 0;
        for (int state : states) {
            int distance = Rule.add(position.lexeme().distance(state), rest);
            least[length] = Math.min(least[length], distance);
            farthest = Math.max(farthest, distance);
        }
        if (!someDie) {
            most[length] = Math.min(most[length], farthest);
        }
    }

    /** Behind {@code length} code points, from the states behind one less. */
    private States next(Position from, States states, int length, Alphabet alphabet) {
        int after = from.lexeme().afterText(from.state(), length);
        if (after != Lexeme.UNKNOWN) {
            return after == Lexeme.DEAD ? States.NONE : new States(new int[] {after}, false);
        }
        boolean last = from.rest() == null;
        if (states.alive.length == 1) {
            return next(new Origin(from.lexeme(), states.alive[0], alphabet, last));
        }
        Set<Integer> all = new TreeSet<>();
        boolean someDie = false;
        for (int state : states.alive) {
            States some = next(new Origin(from.lexeme(), state, alphabet, last));
            if (some == States.UNKNOWN) {
                return some;
            }
            someDie |= some.someDie;
            Arrays.stream(some.alive).forEach(all::add);
        }
        return of(all, someDie);
    }

    private static States of(Set<Integer> states, boolean someDie) {
        return states.size() > MAX_STATES
                ? States.UNKNOWN
                : new States(states.stream().mapToInt(Integer::intValue).toArray(), someDie);
    }

    private States next(Origin from) {
        looks++;
        if (looks > MAX_LOOKS) {
            return States.UNKNOWN;
        }
        States known = kept.get(from);
        if (known == null) {
            if (kept.size() >= MAX_KEPT) {
                kept.clear();
            }
            known = explore(from);
            kept.put(from, known);
        }
        return known;
    }

    /** States behind one code point. Where a lexeme may end on the way, others go on, which is not followed. */
    private static States explore(Origin from) {
        Set<Integer> found = new TreeSet<>();
        Set<Inside> seen = new HashSet<>();
        Deque<Inside> open = new ArrayDeque<>();
        open.add(new Inside(from.state, Utf8Place.BETWEEN));
        boolean someDie = false;
        while (!open.isEmpty()) {
            Inside at = open.remove();
            for (int value = 0; value < 256; value++) {
                int place = from.alphabet.step(at.place, value);
                if (place == Utf8Place.NONE) {
                    continue;
                }
                int state = from.lexeme.step(at.state, value);
                if (state == Lexeme.DEAD) {
                    someDie = true;
                } else if (!from.last && from.lexeme.accepts(state)) {
                    return States.UNKNOWN;
                } else if (place == Utf8Place.BETWEEN) {
                    found.add(state);
                } else if (seen.add(new Inside(state, place))) {
                    open.add(new Inside(state, place));
                }
            }
        }
        return of(found, someDie);
    }
}
