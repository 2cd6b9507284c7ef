package dev.millrace.engine.grammar;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Transition;

/**
 * Turns a deterministic automaton over code points into one over the bytes of their UTF-8 (RFC 3629, section 3), deterministic as
 * well: the code points of each state are split by their first byte, then by the next ones. Surrogates have no UTF-8 and are
 * dropped.
 *
 * <p>Source of the idea: K. Thompson's way to match UTF-8 by bytes, as in the RE2 library.
 */
final class Utf8Automaton {
    /** Bits that a continuation byte holds. */
    private static final int BITS = 6;

    private static final int CONTINUATION = 0x80;

    /** Behind its first byte a code point has as many more as the index; it is from here on, and below the next. */
    private static final int[] FIRST_OF_LENGTH = {0, 0x80, 0x800, 0x10000, 0x110000};

    /** What the first byte of such code points has set. */
    private static final int[] LEAD = {0, 0xc0, 0xe0, 0xf0};

    private final Automaton.Builder bytes = new Automaton.Builder();
    private final Map<Node, Integer> states = new HashMap<>();

    /** Code points that lead to a state. */
    private record Range(int min, int max, int state) {}

    /**
     * A state within a code point.
     *
     * @param more bytes to come
     * @param ranges what they may say
     */
    private record Node(int more, List<Range> ranges) {}

    private Utf8Automaton() {}

    static Automaton of(Automaton codePoints) {
        Utf8Automaton made = new Utf8Automaton();
        for (int state = 0; state < codePoints.getNumStates(); state++) {
            made.bytes.setAccept(made.bytes.createState(), codePoints.isAccept(state));
        }
        Transition transition = new Transition();
        for (int state = 0; state < codePoints.getNumStates(); state++) {
            List<Range> ranges = new ArrayList<>();
            int count = codePoints.initTransition(state, transition);
            for (int i = 0; i < count; i++) {
                codePoints.getNextTransition(transition);
                addWithoutSurrogates(ranges, transition);
            }
            for (int more = 0; more < LEAD.length; more++) {
                List<Range> ofLength =
                        cut(ranges, FIRST_OF_LENGTH[more], FIRST_OF_LENGTH[more + 1] - 1, 0);
                made.split(state, ofLength, more, LEAD[more]);
            }
        }
        return made.bytes.finish();
    }

    private static void addWithoutSurrogates(List<Range> ranges, Transition transition) {
        int below = Math.min(transition.max, Character.MIN_SURROGATE - 1);
        if (transition.min <= below) {
            ranges.add(new Range(transition.min, below, transition.dest));
        }
        int above = Math.max(transition.min, Character.MAX_SURROGATE + 1);
        if (above <= transition.max) {
            ranges.add(new Range(above, transition.max, transition.dest));
        }
    }

    /** The parts of ranges from {@code min} to {@code max}, less {@code base}. */
    private static List<Range> cut(List<Range> ranges, int min, int max, int base) {
        List<Range> parts = new ArrayList<>();
        for (Range range : ranges) {
            if (range.max >= min && range.min <= max) {
                parts.add(
                        new Range(
                                Math.max(range.min, min) - base,
                                Math.min(range.max, max) - base,
                                range.state));
            }
        }
        return parts;
    }

    /** Adds the transitions by the next byte, of {@code 1 + more}, which has {@code marker} set. */
    private void split(int from, List<Range> ranges, int more, int marker) {
        if (more == 0) {
            for (Range range : ranges) {
                bytes.addTransition(from, range.state, marker + range.min, marker + range.max);
            }
            return;
        }
        int shift = BITS * more;
        List<Range> left = ranges;
        while (!left.isEmpty()) {
            Range first = left.get(0);
            int value = first.min >> shift;
            // Values whose code points all lead to one state go together.
            int last = Math.max(value, ((first.max + 1) >> shift) - 1);
            if (first.min > value << shift) {
                last = value;
            }
            int base = value << shift;
            List<Range> below = cut(left, base, base + (1 << shift) - 1, base);
            bytes.addTransition(from, state(new Node(more, below)), marker + value, marker + last);
            left = cut(left, (last + 1) << shift, Integer.MAX_VALUE, 0);
        }
    }

    private int state(Node node) {
        Integer known = states.get(node);
        if (known == null) {
            known = bytes.createState();
            states.put(node, known);
            split(known, node.ranges, node.more - 1, CONTINUATION);
        }
        return known;
    }
}
