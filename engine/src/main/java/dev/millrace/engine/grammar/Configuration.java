package dev.millrace.engine.grammar;

import java.util.List;
import java.util.Set;

/**
 * Where an answer stands: all ways to read its bytes so far. What follows from each byte is remembered here, so that a
 * grammar becomes a table for the part of it that answers visit.
 *
 * <p>Thread-safety: none; owned by its {@link Configurations}. Two sequences at the same place share one object, which says
 * nothing about either.
 */
final class Configuration {
    private final Set<Position> positions;
    private final boolean accepting;
    private final int distance;
    private Configuration[] next;

    /** For {@link TokenMasks}: what stands for this place and others like it; null until it is asked for. */
    Configuration representative;

    /** For {@link TokenMasks}: the tokens that may follow, however many tokens are left. */
    TokenMask mask;

    Configuration(Set<Position> positions, boolean accepting) {
        this.positions = Set.copyOf(positions);
        this.accepting = accepting;
        this.distance =
                accepting
                        ? 0
                        : positions.stream()
                                .mapToInt(Position::distance)
                                .min()
                                .orElse(Rule.ENDLESS);
    }

    /** Readings that more bytes may continue. */
    Set<Position> positions() {
        return positions;
    }

    /** Whether the answer is complete if it ends here. */
    boolean accepting() {
        return accepting;
    }

    /** Whether the answer is complete and no byte may follow. */
    boolean complete() {
        return accepting && positions.isEmpty();
    }

    /** Whether no answer goes through here. */
    boolean dead() {
        return !accepting && positions.isEmpty();
    }

    /** The fewest bytes that complete the answer. */
    int distance() {
        return distance;
    }

    /** What was remembered for the byte; null if nothing. */
    Configuration next(int value) {
        return next == null ? null : next[value];
    }

    void remember(int value, Configuration configuration) {
        if (next == null) {
            next = new Configuration[256];
        }
        next[value] = configuration;
    }

    /** What two equal configurations have in common. */
    Key key() {
        return new Key(positions, accepting);
    }

    /** Identity of a configuration. */
    record Key(Set<Position> positions, boolean accepting) {}

    /** No reading is left. */
    static Configuration none() {
        return new Configuration(Set.copyOf(List.of()), false);
    }
}
