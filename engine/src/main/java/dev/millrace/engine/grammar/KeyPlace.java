package dev.millrace.engine.grammar;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Which keys the objects have that an answer is inside of: the part of its place that no finite automaton has. It follows from
 * the text alone, whatever reading of it the rules take.
 *
 * <p>Thread-safety: immutable.
 */
final class KeyPlace {
    /** Before the first byte. */
    static final KeyPlace START = new KeyPlace(null, Mode.BETWEEN, "");

    private enum Mode {
        BETWEEN,
        BEFORE_KEY,
        IN_KEY,
        IN_KEY_ESCAPE,
        IN_STRING,
        IN_STRING_ESCAPE
    }

    /**
     * An open object or array.
     *
     * @param parent what is around it; null for nothing
     * @param keys the object's keys, as they are written; null for an array
     */
    private record Level(Level parent, Set<String> keys) {}

    private final Level level;
    private final Mode mode;

    /** The beginning of the key, a character for each byte. */
    private final String key;

    private KeyPlace(Level level, Mode mode, String key) {
        this.level = level;
        this.mode = mode;
        this.key = key;
    }

    /** Behind {@code value}, 0 to 255; null if a key is there twice then. The bytes are JSON in its canonical text. */
    KeyPlace step(int value) {
        return switch (mode) {
            case BETWEEN -> stepBetween(value);
            case BEFORE_KEY ->
                    value == '"'
                            ? new KeyPlace(level, Mode.IN_KEY, "")
                            : value == '}' ? close() : this;
            case IN_KEY -> stepKey(value);
            case IN_KEY_ESCAPE -> new KeyPlace(level, Mode.IN_KEY, key + (char) value);
            case IN_STRING ->
                    value == '"'
                            ? with(Mode.BETWEEN)
                            : value == '\\' ? with(Mode.IN_STRING_ESCAPE) : this;
            case IN_STRING_ESCAPE -> with(Mode.IN_STRING);
        };
    }

    private KeyPlace with(Mode next) {
        return new KeyPlace(level, next, "");
    }

    private KeyPlace stepBetween(int value) {
        return switch (value) {
            case '{' -> new KeyPlace(new Level(level, Set.of()), Mode.BEFORE_KEY, "");
            case '[' -> new KeyPlace(new Level(level, null), Mode.BETWEEN, "");
            case '}', ']' -> close();
            case ',' -> level != null && level.keys != null ? with(Mode.BEFORE_KEY) : this;
            case '"' -> with(Mode.IN_STRING);
            default -> this;
        };
    }

    private KeyPlace close() {
        return level == null ? this : new KeyPlace(level.parent, Mode.BETWEEN, "");
    }

    private KeyPlace stepKey(int value) {
        if (value != '"') {
            Mode next = value == '\\' ? Mode.IN_KEY_ESCAPE : Mode.IN_KEY;
            return new KeyPlace(level, next, key + (char) value);
        }
        if (level.keys.contains(key)) {
            return null;
        }
        Set<String> keys = new HashSet<>(level.keys);
        keys.add(key);
        return new KeyPlace(new Level(level.parent, keys), Mode.BETWEEN, "");
    }

    /** Whether a token without a quote leaves the keys as they are. */
    boolean inText() {
        return mode != Mode.BETWEEN && mode != Mode.BEFORE_KEY;
    }

    private boolean inKey() {
        return mode == Mode.BEFORE_KEY || mode == Mode.IN_KEY || mode == Mode.IN_KEY_ESCAPE;
    }

    /** What would make the key in hand one that is there already; nothing outside of keys. */
    List<String> mustDiffer() {
        List<String> rests = new ArrayList<>();
        if (inKey()) {
            for (String other : level.keys) {
                if (other.startsWith(key)) {
                    rests.add(other.substring(key.length()));
                }
            }
        }
        return rests;
    }

    /** Whether {@link #mustDiffer} is not empty. */
    boolean mayRepeat() {
        if (inKey()) {
            for (String other : level.keys) {
                if (other.startsWith(key)) {
                    return true;
                }
            }
        }
        return false;
    }
}
