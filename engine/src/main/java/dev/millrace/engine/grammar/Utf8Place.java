package dev.millrace.engine.grammar;

/**
 * Places within the UTF-8 of a code point, as small numbers: what bytes it may go on with (RFC 3629, section 4).
 *
 * <p>Thread-safety: no state.
 */
final class Utf8Place {
    /** No code point goes on like this. */
    static final int NONE = -1;

    /** Between two code points. */
    static final int BETWEEN = 0;

    private static final int ONE_MORE = 1;
    private static final int TWO_MORE = 2;
    private static final int THREE_MORE = 3;
    private static final int AFTER_E0 = 4;
    private static final int AFTER_ED = 5;
    private static final int AFTER_F0 = 6;
    private static final int AFTER_F4 = 7;

    /** Places are below this. */
    static final int COUNT = 8;

    private Utf8Place() {}

    /** Behind the first byte of a code point. */
    static int first(int value) {
        if (value < 0x80) {
            return BETWEEN;
        }
        if (value < 0xc2 || value > 0xf4) {
            return NONE;
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

    /** Behind a further byte of a code point. */
    static int follow(int place, int value) {
        return switch (place) {
            case ONE_MORE -> follow(value, 0x80, 0xbf, BETWEEN);
            case TWO_MORE -> follow(value, 0x80, 0xbf, ONE_MORE);
            case THREE_MORE -> follow(value, 0x80, 0xbf, TWO_MORE);
            case AFTER_E0 -> follow(value, 0xa0, 0xbf, ONE_MORE);
            case AFTER_ED -> follow(value, 0x80, 0x9f, ONE_MORE);
            case AFTER_F0 -> follow(value, 0x90, 0xbf, TWO_MORE);
            case AFTER_F4 -> follow(value, 0x80, 0x8f, TWO_MORE);
            default -> NONE;
        };
    }

    private static int follow(int value, int from, int to, int place) {
        return value >= from && value <= to ? place : NONE;
    }

    /** Bytes that end the code point. */
    static int missing(int place) {
        return switch (place) {
            case BETWEEN -> 0;
            case ONE_MORE -> 1;
            case TWO_MORE, AFTER_E0, AFTER_ED -> 2;
            default -> 3;
        };
    }
}
