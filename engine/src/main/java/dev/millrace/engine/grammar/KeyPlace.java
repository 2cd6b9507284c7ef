package dev.millrace.engine.grammar;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Which keys the objects have that an answer is inside of: the part of its place that no finite automaton has. It follows from
 * the text alone, whatever reading of it the rules take.
 *
 * <p>Thread-safety: immutable.
 */
final class KeyPlace {
    /** Before the first byte. */
    static final KeyPlace START = new KeyPlace(null, Mode.BETWEEN);

    private enum Mode {
        BETWEEN,
        BEFORE_KEY,
        IN_KEY,
        IN_KEY_ESCAPE,
        IN_STRING,
        IN_STRING_ESCAPE
    }

    /** An open object or array. */
    private static final class Level {
        /** What is around it; null for nothing. */
        final Level parent;

        /** The object's keys in order, as they are written, a character for each byte; null for an array. */
        final List<String> keys;

        Level(Level parent, List<String> keys) {
            this.parent = parent;
            this.keys = keys;
        }
    }

    /** The beginning of a key: its last byte behind the others; null for nothing. */
    private record Key(Key before, char last) {}

    private final Level level;
    private final Mode mode;
    private final Key key;

    /** Bytes of the key in hand. */
    private final int length;

    /** The object's keys that begin with the key in hand are those from here on, and before {@link #end}. */
    private final int from;

    private final int end;

    private KeyPlace(Level level, Mode mode) {
        this(level, mode, null, 0, 0, 0);
    }

    private KeyPlace(Level level, Mode mode, Key key, int length, int from, int end) {
        this.level = level;
        this.mode = mode;
        this.key = key;
        this.length = length;
        this.from = from;
        this.end = end;
    }

    /** Behind {@code value}, 0 to 255; null if a key is there twice then. The bytes are JSON in its canonical text. */
    KeyPlace step(int value) {
        return switch (mode) {
            case BETWEEN -> stepBetween(value);
            case BEFORE_KEY -> value == '"' ? beginKey(Mode.IN_KEY) : value == '}' ? close() : this;
            case IN_KEY -> value == '"' ? endKey() : longer((char) value);
            case IN_KEY_ESCAPE -> longer((char) value);
            case IN_STRING ->
                    value == '"'
                            ? with(Mode.BETWEEN)
                            : value == '\\' ? with(Mode.IN_STRING_ESCAPE) : this;
            case IN_STRING_ESCAPE -> with(Mode.IN_STRING);
        };
    }

    private KeyPlace with(Mode next) {
        return new KeyPlace(level, next);
    }

    private KeyPlace stepBetween(int value) {
        return switch (value) {
            case '{' -> new KeyPlace(new Level(level, List.of()), Mode.BEFORE_KEY);
            case '[' -> new KeyPlace(new Level(level, null), Mode.BETWEEN);
            case '}', ']' -> close();
            case ',' -> level != null && level.keys != null ? beginKey(Mode.BEFORE_KEY) : this;
            case '"' -> with(Mode.IN_STRING);
            default -> this;
        };
    }

    private KeyPlace beginKey(Mode next) {
        return new KeyPlace(level, next, null, 0, 0, level.keys.size());
    }

    private KeyPlace close() {
        return level == null ? this : new KeyPlace(level.parent, Mode.BETWEEN);
    }

    private KeyPlace longer(char value) {
        int first = from;
        while (first < end && charAt(first) < value) {
            first++;
        }
        int last = first;
        while (last < end && charAt(last) == value) {
            last++;
        }
        Mode next = mode == Mode.IN_KEY && value == '\\' ? Mode.IN_KEY_ESCAPE : Mode.IN_KEY;
        return new KeyPlace(level, next, new Key(key, value), length + 1, first, last);
    }

    /** The byte of a key that comes next in the key in hand; below all bytes behind the key's end. */
    private int charAt(int index) {
        String other = level.keys.get(index);
        return other.length() == length ? -1 : other.charAt(length);
    }

    private KeyPlace endKey() {
        if (from < end && charAt(from) < 0) {
            return null;
        }
        StringBuilder text = new StringBuilder(length);
        for (Key at = key; at != null; at = at.before) {
            text.append(at.last);
        }
        List<String> keys = new ArrayList<>(level.keys);
        String written = text.reverse().toString();
        keys.add(-1 - Collections.binarySearch(keys, written), written);
        return new KeyPlace(new Level(level.parent, keys), Mode.BETWEEN);
    }

    /** Whether the place is inside of a text, key or value. */
    boolean inText() {
        return mode != Mode.BETWEEN && mode != Mode.BEFORE_KEY;
    }

    /** Whether the key in hand may become one that is there already; false outside of keys. */
    boolean mayRepeat() {
        return from < end;
    }

    /** Whether the same may follow as in another place: they differ in the bytes of keys only, which both can still repeat. */
    boolean isLike(KeyPlace other) {
        return level == other.level
                && mode == other.mode
                && length == other.length
                && from == other.from
                && end == other.end;
    }
}
