package dev.millrace.engine.grammar;

import java.util.Arrays;

/**
 * Where an answer stands: all ways to read its bytes so far. What follows from each byte is remembered here, so that a
 * grammar becomes a table for the part of it that answers visit.
 *
 * <p>Thread-safety: none; owned by its {@link Configurations}. Two sequences at the same place share one object, which says
 * nothing about either.
 */
final class Configuration {
    private static final int CHUNK = 64;

    private final Position[] positions;
    private final boolean accepting;
    private final int distance;

    /** By byte, in chunks of which most stay away. */
    private final Configuration[][] next = new Configuration[256 / CHUNK][];

    /** For {@link TokenMasks}: what stands for this place and others like it; null until it is asked for. */
    Configuration representative;

    /** For {@link TokenMasks}: the tokens that may follow, however many tokens are left. */
    TokenMask mask;

    /** {@code positions}: the readings that more bytes may continue, by their numbers. */
    Configuration(Position[] positions, boolean accepting) {
        this.positions = positions;
        this.accepting = accepting;
        int shortest = accepting ? 0 : Rule.ENDLESS;
        for (Position position : positions) {
            shortest = Math.min(shortest, position.distance());
        }
        this.distance = shortest;
    }

    int numPositions() {
        return positions.length;
    }

    Position position(int index) {
        return positions[index];
    }

    /** Whether the answer is complete if it ends here. */
    boolean accepting() {
        return accepting;
    }

    /** Whether the answer is complete and no byte may follow. */
    boolean complete() {
        return accepting && positions.length == 0;
    }

    /** Whether no answer goes through here. */
    boolean dead() {
        return !accepting && positions.length == 0;
    }

    /** The fewest bytes that complete the answer. */
    int distance() {
        return distance;
    }

    /** What was remembered for the byte; null if nothing. */
    Configuration next(int value) {
        Configuration[] chunk = next[value / CHUNK];
        return chunk == null ? null : chunk[value % CHUNK];
    }

    void remember(int value, Configuration configuration) {
        Configuration[] chunk = next[value / CHUNK];
        if (chunk == null) {
            chunk = new Configuration[CHUNK];
            next[value / CHUNK] = chunk;
        }
        chunk[value % CHUNK] = configuration;
    }

    /** No reading is left. */
    static Configuration none() {
        return new Configuration(new Position[0], false);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Configuration that
                && accepting == that.accepting
                && Arrays.equals(positions, that.positions);
    }

    @Override
    public int hashCode() {
        int hash = accepting ? 1 : 0;
        for (Position position : positions) {
            hash = hash * 31 + position.number();
        }
        return hash;
    }
}
