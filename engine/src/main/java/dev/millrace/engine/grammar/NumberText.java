package dev.millrace.engine.grammar;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
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
    private static final Automaton FRACTION =
            Operations.concatenate(
                    Automata.makeChar('.'), Operations.repeat(DIGIT, 1, MAX_FRACTION_DIGITS));

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
        Automaton positive = nonNegative(low, high, integer);
        Bound zero = new Bound(BigDecimal.ZERO, false);
        Bound negativeLow = high == null || high.value().signum() >= 0 ? zero : high.negated();
        Automaton negative =
                low != null && low.value().signum() >= 0
                        ? Automata.makeEmpty()
                        : nonNegative(negativeLow, low == null ? null : low.negated(), integer);
        return decided(
                Operations.union(
                        List.of(
                                positive,
                                Operations.concatenate(Automata.makeChar('-'), negative))));
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

    private static Automaton nonNegative(Bound low, Bound high, boolean integer) {
        if (high != null && high.value().signum() < 0) {
            return Automata.makeEmpty();
        }
        Automaton numbers = shape(integer);
        if (low != null && low.value().signum() >= 0) {
            numbers = decided(Operations.intersection(numbers, decided(atLeast(low))));
        }
        if (high != null) {
            numbers = decided(Operations.intersection(numbers, decided(atMost(high))));
        }
        return numbers;
    }

    private static Automaton shape(boolean integer) {
        Automaton digits = integers(BigInteger.ZERO, null);
        return integer
                ? digits
                : decided(Operations.concatenate(digits, Operations.optional(FRACTION)));
    }

    private static Automaton atMost(Bound bound) {
        BigInteger whole = bound.value().toBigInteger();
        String fraction = fraction(bound.value());
        List<Automaton> options = new ArrayList<>();
        if (whole.signum() > 0) {
            Automaton below = integers(BigInteger.ZERO, whole.subtract(BigInteger.ONE));
            options.add(Operations.concatenate(below, Operations.optional(FRACTION)));
        }
        options.add(
                Operations.concatenate(
                        Automata.makeString(whole.toString()),
                        fractions(fraction, bound.inclusive(), false)));
        return Operations.union(options);
    }

    private static Automaton atLeast(Bound bound) {
        BigInteger whole = bound.value().toBigInteger();
        Automaton above = integers(whole.add(BigInteger.ONE), null);
        return Operations.union(
                List.of(
                        Operations.concatenate(above, Operations.optional(FRACTION)),
                        Operations.concatenate(
                                Automata.makeString(whole.toString()),
                                fractions(fraction(bound.value()), bound.inclusive(), true))));
    }

    /** Intersections of what is not deterministic grow without end. */
    private static Automaton decided(Automaton automaton) {
        return MinimizationOperations.minimize(automaton, WORK);
    }

    /** Digits behind the point, without zeros at the end. */
    private static String fraction(BigDecimal value) {
        String text = value.stripTrailingZeros().toPlainString();
        int point = text.indexOf('.');
        return point < 0 ? "" : text.substring(point + 1);
    }

    /** Nothing, or a point and digits, whose value is at least ({@code upward}) or at most that of {@code digits}. */
    private static Automaton fractions(String digits, boolean inclusive, boolean upward) {
        Automaton.Builder builder = new Automaton.Builder();
        int start = builder.createState();
        int free = builder.createState();
        builder.addTransition(free, free, '0', '9');
        builder.setAccept(free, true);
        // Without more digits the value is below the bound's while the bound has digits left; these
        // end in no zero.
        builder.setAccept(start, digits.isEmpty() ? inclusive : !upward);
        int equal = builder.createState();
        builder.addTransition(start, equal, '.');
        for (int i = 0; i < digits.length(); i++) {
            char digit = digits.charAt(i);
            if (upward && digit < '9') {
                builder.addTransition(equal, free, digit + 1, '9');
            } else if (!upward && digit > '0') {
                builder.addTransition(equal, free, '0', digit - 1);
            }
            builder.setAccept(equal, i > 0 && !upward);
            int next = builder.createState();
            builder.addTransition(equal, next, digit);
            equal = next;
        }
        int behind = digits.isEmpty() ? builder.createState() : equal;
        builder.setAccept(behind, inclusive);
        builder.addTransition(equal, behind, '0');
        if (behind != equal) {
            builder.addTransition(behind, behind, '0');
        }
        if (upward) {
            builder.addTransition(equal, free, '1', '9');
            if (behind != equal) {
                builder.addTransition(behind, free, '1', '9');
            }
        }
        return builder.finish();
    }

    /** Integers from {@code low}, at least 0, to {@code high}; null for as many as there are digits for. */
    private static Automaton integers(BigInteger low, BigInteger high) {
        BigInteger most = BigInteger.TEN.pow(MAX_INTEGER_DIGITS).subtract(BigInteger.ONE);
        BigInteger last = high == null ? most : high.min(most);
        List<Automaton> options = new ArrayList<>();
        BigInteger from = low;
        while (from.compareTo(last) <= 0) {
            int length = from.toString().length();
            BigInteger to = BigInteger.TEN.pow(length).subtract(BigInteger.ONE).min(last);
            options.add(sameLength(from.toString(), to.toString()));
            from = to.add(BigInteger.ONE);
        }
        return decided(Operations.union(options));
    }

    private static Automaton sameLength(String low, String high) {
        if (low.isEmpty()) {
            return Automata.makeEmptyString();
        }
        int rest = low.length() - 1;
        if (low.equals("0".repeat(rest + 1)) && high.equals("9".repeat(rest + 1))) {
            return Operations.repeat(DIGIT, rest + 1, rest + 1);
        }
        char first = low.charAt(0);
        char last = high.charAt(0);
        if (first == last) {
            return Operations.concatenate(
                    Automata.makeChar(first), sameLength(low.substring(1), high.substring(1)));
        }
        List<Automaton> options = new ArrayList<>();
        options.add(
                Operations.concatenate(
                        Automata.makeChar(first), sameLength(low.substring(1), "9".repeat(rest))));
        if (first + 1 < last) {
            options.add(
                    Operations.concatenate(
                            Automata.makeCharRange(first + 1, last - 1),
                            Operations.repeat(DIGIT, rest, rest)));
        }
        options.add(
                Operations.concatenate(
                        Automata.makeChar(last), sameLength("0".repeat(rest), high.substring(1))));
        return Operations.union(options);
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
