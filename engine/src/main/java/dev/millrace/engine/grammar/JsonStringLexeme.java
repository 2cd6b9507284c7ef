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

    // Places within a string; a state is {code points so far, place}.
    private static final int PLACE_BITS = 4;
    private static final int BEFORE = 0;
    private static final int BODY = 1;
    private static final int ESCAPE = 2;
    private static final int ONE_MORE = 3;
    private static final int TWO_MORE = 4;
    private static final int THREE_MORE = 5;
    private static final int AFTER_E0 = 6;
    private static final int AFTER_ED = 7;
    private static final int AFTER_F0 = 8;
    private static final int AFTER_F4 = 9;
    private static final int CLOSED = 10;

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
            case ONE_MORE -> follow(count, value, 0x80, 0xbf, BODY);
            case TWO_MORE -> follow(count, value, 0x80, 0xbf, ONE_MORE);
            case THREE_MORE -> follow(count, value, 0x80, 0xbf, TWO_MORE);
            case AFTER_E0 -> follow(count, value, 0xa0, 0xbf, ONE_MORE);
            case AFTER_ED -> follow(count, value, 0x80, 0x9f, ONE_MORE);
            case AFTER_F0 -> follow(count, value, 0x90, 0xbf, TWO_MORE);
            case AFTER_F4 -> follow(count, value, 0x80, 0x8f, TWO_MORE);
            default -> DEAD;
        };
    }

    private int stepBody(int count, int value) {
        if (value == '"') {
            return count >= min ? state(count, CLOSED) : DEAD;
        }
        int place = firstByte(value);
        return place == DEAD || count == max ? DEAD : state(count + 1, place);
    }

    /** The place behind the first byte of a code point (RFC 3629, section 4). */
    private static int firstByte(int value) {
        if (value < 0x80) {
            return value == '\\' ? ESCAPE : value < 0x20 ? DEAD : BODY;
        }
        if (value < 0xc2 || value > 0xf4) {
            return DEAD;
        }
        if (value < 0xe0) {
            return ONE_MORE;
        }
        return switch (value) {
            case 0xe0 -> AFTER_E0;
            case 0xed -> AFTER_ED;
            case 0xf0 -> AFTER_F0;
            case 0xf4 -> AFTER_F4;
            default -> value < 0xf0 ? TWO_MORE : THREE_MORE;
        };
    }

    private static int follow(int count, int value, int from, int to, int place) {
        return value >= from && value <= to ? state(count, place) : DEAD;
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
                    case BEFORE, ESCAPE, ONE_MORE -> 1;
                    case TWO_MORE, AFTER_E0, AFTER_ED -> 2;
                    case THREE_MORE, AFTER_F0, AFTER_F4 -> 3;
                    default -> 0;
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
    public int plainLeft(int state) {
        return place(state) == BODY ? max - count(state) : -1;
    }
}
