package dev.millrace.engine.grammar;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.apache.lucene.util.automaton.Automaton;

/**
 * The states of an automaton of numbers of one sign between two bounds: how many digits there are so far, and how they compare
 * with the first ones of each bound.
 *
 * <p>Thread-safety: none; one for each sign of a range.
 */
final class NumberRange {
    private final Automaton.Builder builder;
    private final Edge low;
    private final Edge high;
    private final boolean integer;
    private final Map<Place, Integer> states = new HashMap<>();
    private final Deque<Place> open = new ArrayDeque<>();

    /**
     * A bound's digits, and how to compare with them.
     *
     * @param whole digits before the point
     * @param fraction digits behind it, without zeros at the end
     * @param inclusive whether the value itself is inside
     */
    private record Edge(String whole, String fraction, boolean inclusive) {
        static Edge of(NumberText.Bound bound) {
            if (bound == null) {
                return null;
            }
            String[] parts = bound.value().stripTrailingZeros().toPlainString().split("\\.", 2);
            return new Edge(parts[0], parts.length > 1 ? parts[1] : "", bound.inclusive());
        }

        /** Sign of the difference behind one more digit before the point, by digits: as if both had as many. */
        int stepWhole(int sign, int digits, char digit) {
            if (digits >= whole.length()) {
                return 1;
            }
            return sign != 0 ? sign : Integer.signum(digit - whole.charAt(digits));
        }

        int stepFraction(int sign, int digits, char digit) {
            char other = digits < fraction.length() ? fraction.charAt(digits) : '0';
            return sign != 0 ? sign : Integer.signum(digit - other);
        }

        /** Sign of the difference of the digits before the point, when there are no more. */
        int endWhole(int sign, int digits) {
            return digits < whole.length() ? -1 : sign;
        }

        /** Whether a number is inside of a bound, of which {@code sign} says on which side its digits are. */
        boolean isInside(int sign, int fractionDigits, int inner) {
            int difference = sign == 0 && fractionDigits < fraction.length() ? -1 : sign;
            return difference == inner || (difference == 0 && inclusive);
        }
    }

    /**
     * A state.
     *
     * @param fraction behind the point
     * @param digits on this side of the point
     * @param zero whether the number begins with 0, so that no more digits may come before the point
     * @param low sign of the difference to the lower bound so far
     * @param high the same for the upper bound
     */
    private record Place(boolean fraction, int digits, boolean zero, int low, int high) {}

    /** Numbers of at least 0; {@code low} and {@code high} are null for no bound. */
    NumberRange(
            Automaton.Builder builder,
            NumberText.Bound low,
            NumberText.Bound high,
            boolean integer) {
        this.builder = builder;
        this.low = Edge.of(low);
        this.high = Edge.of(high);
        this.integer = integer;
    }

    /** Adds what leads on from {@code start}, before the first digit. */
    void addFrom(int start) {
        Place first = new Place(false, 0, false, 0, 0);
        states.put(first, start);
        open.add(first);
        while (!open.isEmpty()) {
            Place place = open.remove();
            if (place.fraction) {
                addFractionDigits(place);
            } else {
                addWholeDigits(place);
            }
        }
    }

    private void addWholeDigits(Place place) {
        boolean more = place.digits < NumberText.MAX_INTEGER_DIGITS && !place.zero;
        for (char digit = '0'; more && digit <= '9'; digit++) {
            Place next =
                    new Place(
                            false,
                            place.digits + 1,
                            place.digits == 0 && digit == '0',
                            low == null ? 1 : low.stepWhole(place.low, place.digits, digit),
                            high == null ? -1 : high.stepWhole(place.high, place.digits, digit));
            if (high == null || next.digits < high.whole.length() || next.high <= 0) {
                add(place, next, digit);
            }
        }
        if (place.digits > 0 && !integer) {
            Place point = ended(place);
            if (point.low >= 0 && point.high <= 0) {
                add(place, new Place(true, 0, false, point.low, point.high), '.');
            }
        }
    }

    /** With the signs of the whole digits. */
    private Place ended(Place place) {
        return new Place(
                false,
                place.digits,
                place.zero,
                low == null ? 1 : low.endWhole(place.low, place.digits),
                high == null ? -1 : high.endWhole(place.high, place.digits));
    }

    private void addFractionDigits(Place place) {
        if (place.digits == NumberText.MAX_FRACTION_DIGITS) {
            return;
        }
        for (char digit = '0'; digit <= '9'; digit++) {
            Place next =
                    new Place(
                            true,
                            place.digits + 1,
                            false,
                            low == null ? 1 : low.stepFraction(place.low, place.digits, digit),
                            high == null ? -1 : high.stepFraction(place.high, place.digits, digit));
            if (next.low >= 0 && next.high <= 0) {
                add(place, next, digit);
            }
        }
    }

    private void add(Place from, Place to, char label) {
        Integer state = states.get(to);
        if (state == null) {
            state = builder.createState();
            states.put(to, state);
            open.add(to);
            builder.setAccept(state, to.digits > 0 && isInside(to));
        }
        builder.addTransition(states.get(from), state, label);
    }

    private boolean isInside(Place place) {
        Place ended = place.fraction ? place : ended(place);
        int digits = place.fraction ? place.digits : 0;
        return (low == null || low.isInside(ended.low, digits, 1))
                && (high == null || high.isInside(ended.high, digits, -1));
    }
}
