package dev.millrace.engine.grammar;

import java.util.BitSet;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * A set of code points that tokens of ordinary text are made of, none of them a quote, a backslash or a control character: all
 * that begin with one of some bytes in UTF-8.
 *
 * <p>Thread-safety: immutable.
 */
final class Alphabet {
    /** From the largest to the smallest; each has a use in patterns that are met in schemas. */
    static final List<Alphabet> ALL =
            List.of(
                    // Inside of a string without a pattern.
                    new Alphabet(value -> value >= ' ' && value != '"' && value != '\\'),
                    // [^,]*
                    new Alphabet(value -> isWord(value) || value == ' '),
                    // \S+
                    new Alphabet(Alphabet::isWord),
                    // [A-Za-z0-9 ]+
                    new Alphabet(value -> isLetter(value) || value == ' '),
                    // \w+
                    new Alphabet(Alphabet::isLetter),
                    // [a-z0-9-]+
                    new Alphabet(value -> value >= 'a' && value <= 'z'));

    private final BitSet first = new BitSet(256);

    private Alphabet(IntPredicate firstBytes) {
        for (int value = 0; value < 256; value++) {
            first.set(value, firstBytes.test(value) && Utf8Place.first(value) >= 0);
        }
    }

    private static boolean isLetter(int value) {
        return (value >= 'a' && value <= 'z') || (value >= 'A' && value <= 'Z');
    }

    /** Letters, and all beyond ASCII but the blocks with white space and line separators. */
    private static boolean isWord(int value) {
        boolean blank =
                value == 0xc2 || value == 0xe1 || value == 0xe2 || value == 0xe3 || value == 0xef;
        return isLetter(value) || (value >= 0x80 && !blank);
    }

    /** The {@link Utf8Place} behind a byte; {@link Utf8Place#NONE} if no code point of the alphabet has it there. */
    int step(int place, int value) {
        if (place != Utf8Place.BETWEEN) {
            return Utf8Place.follow(place, value);
        }
        return first.get(value) ? Utf8Place.first(value) : Utf8Place.NONE;
    }

    /** Code points of a token of nothing else; 0 for other tokens. */
    int length(byte[] token) {
        int place = Utf8Place.BETWEEN;
        int length = 0;
        for (byte value : token) {
            place = step(place, value & 0xff);
            if (place < 0) {
                return 0;
            }
            length += place == Utf8Place.BETWEEN ? 1 : 0;
        }
        return place == Utf8Place.BETWEEN ? length : 0;
    }
}
