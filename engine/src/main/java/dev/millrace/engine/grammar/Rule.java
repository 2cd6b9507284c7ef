package dev.millrace.engine.grammar;

import java.util.List;

/**
 * A language of byte strings, context-free: lexemes in sequence, by choice, repeated, or by reference.
 *
 * <p>Parts may be shared between rules, so that a rule is a graph; cycles go through {@link Reference}.
 */
sealed interface Rule {

    /** Bytes of the shortest string; {@link #ENDLESS} if there is none. */
    int shortest();

    /** Length of the shortest string of a rule that has none. */
    int ENDLESS = Integer.MAX_VALUE / 4;

    /** Adds lengths, of which any may be {@link #ENDLESS}. */
    static int add(int left, int right) {
        return Math.min(ENDLESS, left + right);
    }

    /**
     * One lexeme.
     *
     * @param shortest bytes that it takes at most if it is as short as it can be
     */
    record Terminal(Lexeme lexeme, int shortest) implements Rule {
        Terminal(Lexeme lexeme) {
            this(lexeme, lexeme.distance(lexeme.start()));
        }
    }

    /** All parts, one after another; none for the empty string. */
    final class Sequence implements Rule {
        private final List<Rule> parts;
        private final int[] shortestFrom;

        /** {@code parts} in order. References among them must be bound by then. */
        Sequence(List<Rule> parts) {
            this.parts = List.copyOf(parts);
            this.shortestFrom = new int[parts.size() + 1];
            for (int i = parts.size() - 1; i >= 0; i--) {
                shortestFrom[i] = add(parts.get(i).shortest(), shortestFrom[i + 1]);
            }
        }

        int size() {
            return parts.size();
        }

        Rule part(int index) {
            return parts.get(index);
        }

        /** Bytes of the shortest string of the parts from {@code index} on. */
        int shortestFrom(int index) {
            return shortestFrom[index];
        }

        @Override
        public int shortest() {
            return shortestFrom[0];
        }
    }

    /** Any one of the options. */
    final class Choice implements Rule {
        private final List<Rule> options;
        private final int shortest;

        Choice(List<Rule> options) {
            this.options = List.copyOf(options);
            this.shortest = options.stream().mapToInt(Rule::shortest).min().orElse(ENDLESS);
        }

        List<Rule> options() {
            return options;
        }

        @Override
        public int shortest() {
            return shortest;
        }
    }

    /**
     * {@code item}, {@code min} to {@code max} times.
     *
     * @param item a rule without the empty string
     * @param max {@link Integer#MAX_VALUE} for no limit
     */
    record Repeat(Rule item, int min, int max) implements Rule {
        /** Bytes of the shortest string of that many rounds. */
        int shortest(int rounds) {
            return (int) Math.min(ENDLESS, (long) rounds * item.shortest());
        }

        @Override
        public int shortest() {
            return shortest(min);
        }
    }

    /** A rule that is named before it is known, for recursion. */
    final class Reference implements Rule {
        private final int shortest;
        private Rule target;

        /** A reference to a rule whose shortest string has {@code shortest} bytes. */
        Reference(int shortest) {
            this.shortest = shortest;
        }

        void bind(Rule rule) {
            target = rule;
        }

        Rule target() {
            return target;
        }

        @Override
        public int shortest() {
            return shortest;
        }
    }
}
