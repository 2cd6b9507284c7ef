package dev.millrace.engine.grammar;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Runs a rule over bytes. All readings of the bytes so far are followed at once, so the run is deterministic; it is built
 * as far as answers go, and kept.
 *
 * <p>Ends of a lexeme, of a sequence and of a round are passed at once, and a stack entry that has nothing more to do is
 * not pushed, so that a chain of references does not grow the stack.
 *
 * <p>Thread-safety: none.
 */
final class Configurations {
    /** Kept at most; then all that no answer holds are forgotten and built again where they are needed. */
    static final int MAX_KEPT = 20_000;

    private final Rule root;
    private final Map<Frame, Frame> frames = new HashMap<>();
    private final Map<Configuration.Key, Configuration> configurations = new HashMap<>();
    private final Configuration dead = Configuration.none();
    private final Set<Position> found = new HashSet<>();
    private boolean foundEnd;
    private Configuration start;

    Configurations(Rule root) {
        this.root = root;
    }

    /** Before the first byte. */
    Configuration start() {
        if (start == null) {
            expand(root, null);
            start = take();
        }
        return start;
    }

    /** Behind {@code value}, 0 to 255; dead if no answer has it here. */
    Configuration step(Configuration from, int value) {
        Configuration known = from.next(value);
        if (known != null) {
            return known;
        }
        for (Position position : from.positions()) {
            int state = position.lexeme().step(position.state(), value);
            if (state != Lexeme.DEAD) {
                enter(position.lexeme(), state, position.rest());
            }
        }
        Configuration to = take();
        from.remember(value, to);
        return to;
    }

    /** A configuration that takes the same next {@code horizon} bytes at the same distances. */
    Configuration representative(Configuration of, int horizon) {
        Map<Frame, Frame> clipped = new HashMap<>();
        for (Position position : of.positions()) {
            Lexeme lexeme = position.lexeme();
            found.add(
                    new Position(
                            lexeme,
                            lexeme.representative(position.state(), horizon),
                            clip(position.rest(), horizon, clipped)));
        }
        foundEnd = of.accepting();
        return take();
    }

    /** Counters of rounds beyond what {@code horizon} bytes can use up do not matter. */
    private Frame clip(Frame frame, int horizon, Map<Frame, Frame> clipped) {
        if (frame == null) {
            return null;
        }
        Frame known = clipped.get(frame);
        if (known != null) {
            return known;
        }
        Frame parent = clip(frame.parent(), horizon, clipped);
        Frame result;
        if (frame instanceof Frame.InRepeat in) {
            int allowed = Math.min(in.allowed(), Math.max(in.needed(), horizon + 1));
            result = intern(Frame.InRepeat.of(in.repeat(), in.needed(), allowed, parent));
        } else {
            Frame.InSequence in = (Frame.InSequence) frame;
            result = intern(Frame.InSequence.of(in.sequence(), in.next(), parent));
        }
        clipped.put(frame, result);
        return result;
    }

    private void expand(Rule rule, Frame rest) {
        if (rule instanceof Rule.Terminal terminal) {
            enter(terminal.lexeme(), terminal.lexeme().start(), rest);
        } else if (rule instanceof Rule.Sequence sequence) {
            expandFrom(sequence, 0, rest);
        } else if (rule instanceof Rule.Choice choice) {
            choice.options().forEach(option -> expand(option, rest));
        } else if (rule instanceof Rule.Repeat repeat) {
            expandRounds(repeat, repeat.min(), repeat.max(), rest);
        } else {
            expand(((Rule.Reference) rule).target(), rest);
        }
    }

    private void enter(Lexeme lexeme, int state, Frame rest) {
        if (lexeme.continues(state)) {
            found.add(new Position(lexeme, state, rest));
        }
        if (lexeme.accepts(state)) {
            resume(rest);
        }
    }

    private void resume(Frame frame) {
        if (frame == null) {
            foundEnd = true;
        } else if (frame instanceof Frame.InSequence in) {
            expandFrom(in.sequence(), in.next(), in.parent());
        } else {
            Frame.InRepeat in = (Frame.InRepeat) frame;
            expandRounds(in.repeat(), in.needed(), in.allowed(), in.parent());
        }
    }

    private void expandFrom(Rule.Sequence sequence, int index, Frame rest) {
        if (index == sequence.size()) {
            resume(rest);
        } else if (index == sequence.size() - 1) {
            expand(sequence.part(index), rest);
        } else {
            expand(sequence.part(index), intern(Frame.InSequence.of(sequence, index + 1, rest)));
        }
    }

    private void expandRounds(Rule.Repeat repeat, int needed, int allowed, Frame rest) {
        if (needed == 0) {
            resume(rest);
        }
        if (allowed == 1) {
            expand(repeat.item(), rest);
        } else if (allowed > 1) {
            int left = allowed == Integer.MAX_VALUE ? allowed : allowed - 1;
            expand(
                    repeat.item(),
                    intern(Frame.InRepeat.of(repeat, Math.max(0, needed - 1), left, rest)));
        }
    }

    private Frame intern(Frame frame) {
        Frame known = frames.putIfAbsent(frame, frame);
        return known == null ? frame : known;
    }

    private Configuration take() {
        found.removeIf(position -> position.distance() >= Rule.ENDLESS);
        Configuration.Key key = new Configuration.Key(Set.copyOf(found), foundEnd);
        found.clear();
        foundEnd = false;
        if (key.positions().isEmpty() && !key.accepting()) {
            return dead;
        }
        Configuration known = configurations.get(key);
        if (known == null) {
            forgetIfFull();
            known = new Configuration(key.positions(), key.accepting());
            configurations.put(key, known);
        }
        return known;
    }

    /** Frames stay equal only to those of their own time: a configuration of before is rebuilt, never mixed up. */
    private void forgetIfFull() {
        if (configurations.size() >= MAX_KEPT) {
            configurations.clear();
            frames.clear();
            start = null;
        }
    }
}
