package dev.millrace.engine.grammar;

import java.util.Arrays;
import java.util.Comparator;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * All tokens' bytes as a tree, laid flat in depth-first order: a node's children follow it, and {@link #end} is where the
 * walk goes on when none of them can match. Tokens with the same bytes share a node.
 *
 * <p>Source of the layout: the token trie of llguidance (guidance-ai).
 *
 * <p>Thread-safety: immutable.
 */
final class TokenTrie {
    private final TokenBytes vocabulary;
    private final byte[] values;
    private final int[] depths;
    private final int[] ends;

    /** Tokens of node i: {@code tokens[firstTokens[i] .. firstTokens[i + 1])}. */
    private final int[] firstTokens;

    private final int[] tokens;
    private final int longest;

    TokenTrie(TokenBytes vocabulary) {
        this(vocabulary, sorted(vocabulary));
    }

    private static int[] sorted(TokenBytes vocabulary) {
        return IntStream.range(0, vocabulary.size())
                .filter(id -> vocabulary.of(id) != null && vocabulary.of(id).length > 0)
                .boxed()
                .sorted(Comparator.comparing(vocabulary::of, Arrays::compareUnsigned))
                .mapToInt(Integer::intValue)
                .toArray();
    }

    /** {@code tokens}: ids by their bytes. */
    private TokenTrie(TokenBytes vocabulary, int[] tokens) {
        this.vocabulary = vocabulary;
        this.tokens = tokens;
        int capacity = Arrays.stream(tokens).map(id -> vocabulary.of(id).length).sum();
        byte[] newValues = new byte[capacity];
        int[] newDepths = new int[capacity];
        int[] newFirstTokens = new int[capacity + 1];
        int nodes = 0;
        byte[] path = {};
        for (int i = 0; i < tokens.length; i++) {
            byte[] token = vocabulary.of(tokens[i]);
            int shared = Arrays.mismatch(path, token);
            for (int depth = shared < 0 ? token.length : shared; depth < token.length; depth++) {
                newValues[nodes] = token[depth];
                newDepths[nodes] = depth;
                newFirstTokens[nodes] = i;
                nodes++;
            }
            newFirstTokens[nodes] = i + 1;
            path = token;
        }
        values = Arrays.copyOf(newValues, nodes);
        depths = Arrays.copyOf(newDepths, nodes);
        firstTokens = Arrays.copyOf(newFirstTokens, nodes + 1);
        ends = ends(depths);
        longest = nodes == 0 ? 0 : Arrays.stream(depths).max().getAsInt() + 1;
    }

    /** Of some of the tokens. */
    TokenTrie only(IntPredicate some) {
        return new TokenTrie(vocabulary, Arrays.stream(tokens).filter(some).toArray());
    }

    private static int[] ends(int[] depths) {
        int[] ends = new int[depths.length];
        int[] open = new int[depths.length + 1];
        int height = 0;
        for (int node = 0; node <= depths.length; node++) {
            int depth = node < depths.length ? depths[node] : 0;
            while (height > 0 && (node == depths.length || depths[open[height - 1]] >= depth)) {
                height--;
                ends[open[height]] = node;
            }
            open[height] = node;
            height++;
        }
        return ends;
    }

    int numNodes() {
        return values.length;
    }

    /** The last byte of the node's path, 0 to 255. */
    int value(int node) {
        return values[node] & 0xff;
    }

    /** Bytes on the node's path, less one. */
    int depth(int node) {
        return depths[node];
    }

    /** The first node behind the node's children. */
    int end(int node) {
        return ends[node];
    }

    /** Tokens that end here: {@code token(i)} from {@code firstToken(node)} up to {@code firstToken(node + 1)}. */
    int firstToken(int node) {
        return firstTokens[node];
    }

    int token(int index) {
        return tokens[index];
    }

    /** Bytes of the longest token. */
    int longest() {
        return longest;
    }
}
