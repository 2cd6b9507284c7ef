package dev.millrace.engine.grammar;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.MinimizationOperations;
import org.apache.lucene.util.automaton.Operations;

/**
 * Automata over the canonical text of JSON numbers: no exponent, no leading zeros, no negative zero; 19 digits before the
 * point and 16 behind it at most. Bounds are compared digit by digit, never as binary fractions.
 */
final class NumberText {
    /** Most digits before the point. */
    static final int MAX_INTEGER_DIGITS = 19;

    /** Most digits behind the point. */
    static final int MAX_FRACTION_DIGITS = 16;

    private static final int WORK = 1_000_000;
    private static final Automaton DIGIT = Automata.makeCharRange('0', '9');

    private NumberText() {}

    /**
     * A bound of a range.
     *
     * @param inclusive whether the value itself is inside
     */
    record Bound(BigDecimal value, boolean inclusive) {
        Bound negated() {
            return new Bound(value.negate(), inclusive);
        }
    }

    /**
     * Numbers between two bounds.
     *
     * @param low null for none
     * @param high null for none
     * @param integer only those written without a point
     */
    static Automaton range(Bound low, Bound high, boolean integer) {
        Automaton.Builder builder = new Automaton.Builder();
        int start = builder.createState();
        if (high == null || high.value().signum() >= 0) {
            boolean bounded = low != null && low.value().signum() >= 0;
            new NumberRange(builder, bounded ? low : null, high, integer).addFrom(start);
        }
        if (low == null || low.value().signum() < 0) {
            int minus = builder.createState();
            builder.addTransition(start, minus, '-');
            boolean bounded = high != null && high.value().signum() < 0;
            Bound nearest = bounded ? high.negated() : new Bound(BigDecimal.ZERO, false);
            Bound farthest = low == null ? null : low.negated();
            new NumberRange(builder, nearest, farthest, integer).addFrom(minus);
        }
        return Operations.removeDeadStates(builder.finish());
    }

    /** Texts with a digit behind the point that is not zero. */
    static Automaton fractional() {
        return decided(
                Operations.concatenate(
                        List.of(
                                Operations.repeat(Automata.makeCharRange('-', '9')),
                                Automata.makeChar('.'),
                                Operations.repeat(DIGIT),
                                Automata.makeCharRange('1', '9'),
                                Operations.repeat(DIGIT))));
    }

    /** As few states as there can be, of which products are made. */
    static Automaton decided(Automaton automaton) {
        return MinimizationOperations.minimize(automaton, WORK);
    }

    /** Numbers that {@code divisor}, above zero, divides without a remainder: long division, a state for each remainder. */
    static Automaton multiples(BigDecimal divisor) {
        BigDecimal plain = divisor.stripTrailingZeros();
        int scale = Math.max(0, plain.scale());
        int modulus = plain.movePointRight(scale).intValueExact();
        Automaton.Builder builder = new Automaton.Builder();
        int start = builder.createState();
        int numbers = modulus * (scale + 1);
        // State 1 + r + modulus · p: remainder r, with p digits behind the point so far.
        for (int i = 0; i < numbers; i++) {
            builder.createState();
        }
        int point = numbers + 1;
        for (int r = 0; r < modulus; r++) {
            builder.createState();
        }
        builder.addTransition(start, start, '-');
        addDigits(builder, start, 0, 0, modulus);
        for (int places = 0; places <= scale; places++) {
            long weight =
                    BigInteger.TEN.pow(scale - places).mod(BigInteger.valueOf(modulus)).intValue();
            for (int r = 0; r < modulus; r++) {
                int state = 1 + r + modulus * places;
                builder.setAccept(state, r * weight % modulus == 0);
                if (places == 0) {
                    addDigits(builder, state, r, 0, modulus);
                    if (scale > 0) {
                        builder.addTransition(state, point + r, '.');
                        addDigits(builder, point + r, r, 1, modulus);
                    }
                } else if (places < scale) {
                    addDigits(builder, state, r, places + 1, modulus);
                } else {
                    builder.addTransition(state, state, '0');
                }
            }
        }
        return decided(builder.finish());
    }

    private static void addDigits(
            Automaton.Builder builder, int from, int remainder, int places, int modulus) {
        for (int digit = 0; digit <= 9; digit++) {
            int next = (int) (((long) remainder * 10 + digit) % modulus);
            builder.addTransition(from, 1 + next + modulus * places, '0' + digit);
        }
    }
}
