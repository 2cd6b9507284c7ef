package dev.millrace.engine.grammar;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A lexeme less a few texts. While the bytes so far begin one of them, the state is a node of their tree; behind that it is the
 * other lexeme's.
 *
 * <p>Thread-safety: immutable.
 */
final class ExceptLexeme implements Lexeme {
    private static final int ROOT = -2;

    private final Lexeme all;
    private final Map<Long, Integer> children = new HashMap<>();
    private final List<Integer> states = new ArrayList<>();
    private final BitSet ends = new BitSet();
    private final int[] distances;

    /**
     * @param all the texts to choose from
     * @param texts those that are left out; each ends all that begin with it
     * @param single bytes that are tokens by themselves
     */
    ExceptLexeme(Lexeme all, List<String> texts, BitSet single) {
        this.all = all;
        states.add(all.start());
        for (String text : texts) {
            insert(text.getBytes(StandardCharsets.UTF_8));
        }
        distances = new int[states.size()];
        for (int node = distances.length - 1; node >= 0; node--) {
            int shortest = Rule.ENDLESS;
            for (int value = single.nextSetBit(0);
                    value >= 0;
                    value = single.nextSetBit(value + 1)) {
                int next = step(ROOT - node, value);
                shortest = next == DEAD ? shortest : Math.min(shortest, distance(next) + 1);
            }
            distances[node] = Math.min(Rule.ENDLESS, shortest);
        }
    }

    private void insert(byte[] text) {
        int node = 0;
        for (byte value : text) {
            int state = all.step(states.get(node), value & 0xff);
            if (state == DEAD) {
                return;
            }
            int fresh = states.size();
            Integer known = children.putIfAbsent(node * 256L + (value & 0xff), fresh);
            if (known == null) {
                states.add(state);
            }
            node = known == null ? fresh : known;
        }
        ends.set(node);
    }

    @Override
    public int start() {
        return ROOT;
    }

    @Override
    public int step(int state, int value) {
        if (state > ROOT) {
            return all.step(state, value);
        }
        Integer child = children.get((ROOT - state) * 256L + value);
        int next = child == null ? all.step(states.get(ROOT - state), value) : ROOT - child;
        return child != null && ends.get(child) ? DEAD : next;
    }

    @Override
    public boolean accepts(int state) {
        return state > ROOT && all.accepts(state);
    }

    @Override
    public boolean continues(int state) {
        return state <= ROOT ? distances[ROOT - state] < Rule.ENDLESS : all.continues(state);
    }

    @Override
    public int distance(int state) {
        return state <= ROOT ? distances[ROOT - state] : all.distance(state);
    }

    @Override
    public int representative(int state, int horizon) {
        return state <= ROOT ? state : all.representative(state, horizon);
    }

    @Override
    public int afterText(int state, int codePoints) {
        return state <= ROOT ? UNKNOWN : all.afterText(state, codePoints);
    }
}
