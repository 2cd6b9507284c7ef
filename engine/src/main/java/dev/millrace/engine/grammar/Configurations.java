package dev.millrace.engine.grammar;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

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

    private static final Comparator<Position> BY_NUMBER = Comparator.comparingInt(Position::number);

    private final Rule root;
    private final int horizon;
    private final Map<Frame, Frame> frames = new HashMap<>();
    private final Map<Frame, Frame> clipped = new HashMap<>();
    private final Map<Position, Position> positions = new HashMap<>();
    private final Map<Configuration, Configuration> configurations = new HashMap<>();
    private final Configuration dead = Configuration.none();
    private final List<Position> found = new ArrayList<>();
    private boolean foundEnd;
    private long round = 1;
    private int numbers;
    private Configuration start;

    /** {@code horizon}: bytes of the longest token. */
    Configurations(Rule root, int horizon) {
        this.root = root;
        this.horizon = horizon;
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
        for (int i = 0; i < from.numPositions(); i++) {
            Position position = from.position(i);
            int state = position.lexeme().step(position.state(), value);
            if (state != Lexeme.DEAD) {
                enter(position.lexeme(), state, position.rest());
            }
        }
        Configuration to = take();
        from.remember(value, to);
        return to;
    }

    /** A configuration that takes the same next token at the same distances. */
    Configuration representative(Configuration of) {
        for (int i = 0; i < of.numPositions(); i++) {
            Position position = of.position(i);
            Lexeme lexeme = position.lexeme();
            int state = lexeme.representative(position.state(), horizon);
            find(lexeme, state, clip(position.rest()));
        }
        foundEnd = of.accepting();
        return take();
    }

    /** Counters of rounds beyond what a token can use up do not matter. */
    private Frame clip(Frame frame) {
        if (frame == null) {
            return null;
        }
        Frame known = clipped.get(frame);
        if (known != null) {
            return known;
        }
        Frame parent = clip(frame.parent());
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
            find(lexeme, state, rest);
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

    private void find(Lexeme lexeme, int state, Frame rest) {
        Position position = new Position(lexeme, state, rest, numbers);
        if (position.distance() >= Rule.ENDLESS) {
            return;
        }
        Position known = positions.putIfAbsent(position, position);
        if (known == null) {
            known = position;
            numbers++;
        }
        if (known.round != round) {
            known.round = round;
            found.add(known);
        }
    }

    private Configuration take() {
        Configuration taken = found.isEmpty() && !foundEnd ? dead : kept();
        found.clear();
        foundEnd = false;
        round++;
        return taken;
    }

    private Configuration kept() {
        if (found.size() > 1) {
            found.sort(BY_NUMBER);
        }
        Configuration fresh = new Configuration(found.toArray(new Position[0]), foundEnd);
        Configuration known = configurations.get(fresh);
        if (known == null) {
            forgetIfFull();
            configurations.put(fresh, fresh);
            known = fresh;
        }
        return known;
    }

    private void forgetIfFull() {
        if (configurations.size() >= MAX_KEPT) {
            forget();
        }
    }

    /** Positions stay equal only to those of their own time: a configuration of before is rebuilt, never mixed up. */
    void forget() {
        configurations.clear();
        positions.clear();
        frames.clear();
        clipped.clear();
        start = null;
    }
}
