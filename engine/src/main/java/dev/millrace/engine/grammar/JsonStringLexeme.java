package dev.millrace.engine.grammar;

/**
 * A JSON string of {@code min} to {@code max} code points, quotes included, in its one canonical text: everything as UTF-8
 * but the quote, the backslash and the five control characters that have a short escape; other control characters do not
 * occur. A counter takes the place of a table, so that long strings cost nothing.
 *
 * <p>Needs a vocabulary with a token for each byte from 0x20 to 0x7e and from 0x80 to 0xbf.
 *
 * <p>Thread-safety: immutable.
 */
final class JsonStringLexeme implements Lexeme {
    /** Most code points of one string: the count must fit beside the place. */
    static final int MAX_LENGTH = 1 << 26;

    // Places within a string; a state is {code points so far, place}. Those within a code point are
    // that of UTF-8.
    private static final int PLACE_BITS = 4;
    private static final int BODY = Utf8Place.BETWEEN;
    private static final int BEFORE = Utf8Place.COUNT;
    private static final int ESCAPE = Utf8Place.COUNT + 1;
    private static final int CLOSED = Utf8Place.COUNT + 2;

    private final int min;
    private final int max;

    JsonStringLexeme(int min, int max) {
        if (min < 0 || min > max || max > MAX_LENGTH) {
            throw new IllegalArgumentException(min + " to " + max + " code points");
        }
        this.min = min;
        this.max = max;
    }

    private static int state(int count, int place) {
        return count << PLACE_BITS | place;
    }

    private static int count(int state) {
        return state >>> PLACE_BITS;
    }

    private static int place(int state) {
        return state & ((1 << PLACE_BITS) - 1);
    }

    @Override
    public int start() {
        return state(0, BEFORE);
    }

    @Override
    public int step(int state, int value) {
        int count = count(state);
        return switch (place(state)) {
            case BEFORE -> value == '"' ? state(count, BODY) : DEAD;
            case BODY -> stepBody(count, value);
            case ESCAPE -> "\"\\bfnrt".indexOf(value) >= 0 ? state(count, BODY) : DEAD;
            case CLOSED -> DEAD;
            default -> at(count, Utf8Place.follow(place(state), value));
        };
    }

    private int stepBody(int count, int value) {
        if (value == '"') {
            return count >= min ? state(count, CLOSED) : DEAD;
        }
        if (value < ' ' || count == max) {
            return DEAD;
        }
        return at(count + 1, value == '\\' ? ESCAPE : Utf8Place.first(value));
    }

    private static int at(int count, int place) {
        return place == Utf8Place.NONE ? DEAD : state(count, place);
    }

    @Override
    public boolean accepts(int state) {
        return place(state) == CLOSED;
    }

    @Override
    public boolean continues(int state) {
        return place(state) != CLOSED;
    }

    @Override
    public int distance(int state) {
        int toBody =
                switch (place(state)) {
                    case BEFORE, ESCAPE -> 1;
                    case CLOSED -> 0;
                    default -> Utf8Place.missing(place(state));
                };
        return place(state) == CLOSED ? 0 : toBody + Math.max(0, min - count(state)) + 1;
    }

    /** With enough behind and ahead of it a code point's number does not matter. */
    @Override
    public int representative(int state, int horizon) {
        int count = count(state);
        int last = max - horizon - 1;
        return count >= min && count < last ? state(last, place(state)) : state;
    }

    @Override
    public int afterText(int state, int codePoints) {
        if (place(state) != BODY) {
            return UNKNOWN;
        }
        return codePoints <= max - count(state) ? state(count(state) + codePoints, BODY) : DEAD;
    }
}
