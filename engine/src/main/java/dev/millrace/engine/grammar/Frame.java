package dev.millrace.engine.grammar;

/**
 * What has to follow once the rule in hand has ended: an entry of the stack, which goes on with {@code parent}. Equal frames
 * are the same object, so stacks that share their lower part share its memory.
 *
 * <p>Thread-safety: immutable.
 */
sealed interface Frame {

    /** The rest of the stack; null at its bottom. */
    Frame parent();

    /** Bytes of the shortest string from here to the end of the answer. */
    int shortest();

    /** The same for a stack that may be empty. */
    static int shortestOf(Frame frame) {
        return frame == null ? 0 : frame.shortest();
    }

    /**
     * The parts of a sequence from {@code next} on.
     *
     * @param shortest see {@link Frame#shortest()}
     */
    record InSequence(Rule.Sequence sequence, int next, Frame parent, int shortest)
            implements Frame {

        static InSequence of(Rule.Sequence sequence, int next, Frame parent) {
            int shortest = Rule.add(sequence.shortestFrom(next), Frame.shortestOf(parent));
            return new InSequence(sequence, next, parent, shortest);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof InSequence that
                    && sequence == that.sequence
                    && next == that.next
                    && parent == that.parent;
        }

        @Override
        public int hashCode() {
            return (System.identityHashCode(sequence) * 31 + next) * 31
                    + System.identityHashCode(parent);
        }
    }

    /**
     * More rounds of a repetition.
     *
     * @param needed rounds that must follow
     * @param allowed rounds that may follow, the needed ones included
     * @param shortest see {@link Frame#shortest()}
     */
    record InRepeat(Rule.Repeat repeat, int needed, int allowed, Frame parent, int shortest)
            implements Frame {

        static InRepeat of(Rule.Repeat repeat, int needed, int allowed, Frame parent) {
            int shortest = Rule.add(repeat.shortest(needed), Frame.shortestOf(parent));
            return new InRepeat(repeat, needed, allowed, parent, shortest);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof InRepeat that
                    && repeat.equals(that.repeat)
                    && needed == that.needed
                    && allowed == that.allowed
                    && parent == that.parent;
        }

        @Override
        public int hashCode() {
            return ((repeat.hashCode() * 31 + needed) * 31 + allowed) * 31
                    + System.identityHashCode(parent);
        }
    }
}
