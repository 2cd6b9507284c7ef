package dev.millrace.engine.grammar;

/**
 * One way to read the bytes so far: inside {@code lexeme} at {@code state}, with {@code rest} to follow it.
 *
 * @param rest what follows the lexeme; null if nothing does
 */
record Position(Lexeme lexeme, int state, Frame rest) {

    /** The fewest bytes to the end of the answer. */
    int distance() {
        return Rule.add(lexeme.distance(state), Frame.shortestOf(rest));
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
