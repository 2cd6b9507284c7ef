package dev.millrace.engine.grammar;

/**
 * One way to read the bytes so far: inside a lexeme at a state, with a stack to follow it. Equal positions of one {@link
 * Configurations} are the same object.
 *
 * <p>Thread-safety: none; owned by its {@link Configurations}.
 */
final class Position {
    private final Lexeme lexeme;
    private final int state;
    private final Frame rest;
    private final int number;
    private final int distance;

    /** For {@link Configurations}: the last round that found it. */
    long round;

    /**
     * A position.
     *
     * @param rest what follows the lexeme; null if nothing does
     * @param number tells positions apart, and gives them an order
     */
    Position(Lexeme lexeme, int state, Frame rest, int number) {
        this.lexeme = lexeme;
        this.state = state;
        this.rest = rest;
        this.number = number;
        this.distance = Rule.add(lexeme.distance(state), Frame.shortestOf(rest));
    }

    Lexeme lexeme() {
        return lexeme;
    }

    int state() {
        return state;
    }

    Frame rest() {
        return rest;
    }

    int number() {
        return number;
    }

    /** The fewest bytes to the end of the answer. */
    int distance() {
        return distance;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Position that
                && lexeme == that.lexeme
                && state == that.state
                && rest == that.rest;
    }

    @Override
    public int hashCode() {
        return (System.identityHashCode(lexeme) * 31 + state) * 31 + System.identityHashCode(rest);
    }
}
