package dev.millrace.engine.grammar;

import java.util.Arrays;

/**
 * Which tokens may follow a configuration: those of a {@link TokenSlice} at once where it does not matter which they are, and a
 * walk of the trie of the others, cut where no answer goes on.
 *
 * <p>A mask is kept with the configuration's representative, so that the places in a long text share one. When the tokens
 * that are left are so few that some token would leave no way to end in time, the mask is made for that moment and without
 * those tokens: every byte that a shortest ending needs is a token by itself, so one is always left.
 *
 * <p>The work of one mask is bounded. Where readings are so many that the bound is reached, what was not looked at is left out,
 * but for the single bytes: an answer can still go on, and end in time. Which tokens these are depends on the place alone, never
 * on what was asked before.
 *
 * <p>Thread-safety: none.
 */
final class TokenMasks {
    /** Steps of one reading by one byte, after which a mask takes in single bytes only. */
    static final int MAX_STEPS = 2_000_000;

    /** Masks that are kept at most; then all that no answer holds are forgotten. */
    private static final int MAX_KEPT = 1_000;

    private static final int MAX_SLICED_POSITIONS = 8;

    /** Tokens of a slice that are tried one by one. */
    private static final int MAX_UNKNOWN = 2_000;

    private final Configurations configurations;
    private final VocabularyTables tables;
    private final int maxSteps;
    private final Configuration[] path;
    private final TextReach reach;

    /** Bits of the mask that is made. */
    private final int[] words;

    private int count;
    private int maxDistance;
    private int steps;
    private int kept;

    /** {@code maxSteps}: usually {@link #MAX_STEPS}. */
    TokenMasks(Configurations configurations, VocabularyTables tables, int maxSteps) {
        this.configurations = configurations;
        this.tables = tables;
        this.maxSteps = maxSteps;
        this.words = new int[(tables.vocabulary().width() + 31) >>> 5];
        this.path = new Configuration[tables.trie().longest() + 1];
        this.reach = new TextReach(tables.trie().longest());
    }

    /**
     * The tokens that may come next when {@code tokensLeft} may still come, that one included, and the answer's end takes one
     * of them.
     */
    TokenMask mask(Configuration configuration, int tokensLeft) {
        if (configuration.representative == null) {
            configuration.representative = configurations.representative(configuration);
        }
        Configuration representative = configuration.representative;
        if (representative.mask == null) {
            if (kept == MAX_KEPT) {
                configurations.forget();
                kept = 0;
            }
            representative.mask = make(representative, Rule.ENDLESS);
            kept++;
        }
        // Behind the next token its ending must fit: one token a byte, and one for the end.
        int farthest = tokensLeft - 2;
        return representative.mask.maxDistance() <= farthest
                ? representative.mask
                : make(representative, farthest);
    }

    /** Steps that the last mask took. */
    int steps() {
        return steps;
    }

    private TokenMask make(Configuration from, int farthest) {
        Arrays.fill(words, 0);
        count = 0;
        maxDistance = 0;
        steps = 0;
        reach.begin();
        TokenTrie rest = tables.trie();
        if (from.numPositions() <= MAX_SLICED_POSITIONS) {
            for (TokenSlice slice : tables.slices()) {
                reach.look(from, slice.alphabet(), slice.longest());
                if (isKnown(slice, farthest)) {
                    take(slice, from, farthest);
                    rest = slice.rest();
                    break;
                }
            }
        }
        walk(rest, from, farthest);
        return new TokenMask(words, count, maxDistance);
    }

    /** Whether only few of a slice's tokens need a look. */
    private boolean isKnown(TokenSlice slice, int farthest) {
        int unknown = 0;
        for (int length = 1; length <= slice.longest() && unknown <= MAX_UNKNOWN; length++) {
            if (reach.verdict(length, farthest) == TextReach.Verdict.UNKNOWN) {
                unknown += slice.count(length) - slice.count(length - 1);
            }
        }
        return unknown <= MAX_UNKNOWN;
    }

    private void take(TokenSlice slice, Configuration at, int farthest) {
        int first = 1;
        for (int length = 1; length <= slice.longest(); length++) {
            TextReach.Verdict verdict = reach.verdict(length, farthest);
            if (verdict == TextReach.Verdict.ALL) {
                maxDistance = Math.max(maxDistance, reach.most(length));
                continue;
            }
            takeAll(slice, first, length - 1);
            first = length + 1;
            if (verdict == TextReach.Verdict.UNKNOWN) {
                for (int i = slice.count(length - 1); i < slice.count(length); i++) {
                    tryToken(slice.token(i), at, farthest);
                }
            }
        }
        takeAll(slice, first, slice.longest());
    }

    private void takeAll(TokenSlice slice, int first, int last) {
        if (first <= last) {
            slice.add(first - 1, last, words);
            count += slice.count(last) - slice.count(first - 1);
        }
    }

    private void tryToken(int id, Configuration from, int farthest) {
        Configuration at = from;
        for (byte value : tables.vocabulary().of(id)) {
            at = configurations.step(at, value & 0xff);
            steps += at.numPositions() + 1;
        }
        if (at.distance() <= farthest && !at.dead()) {
            maxDistance = Math.max(maxDistance, at.distance());
            count++;
            words[id >> 5] |= 1 << (id & 31);
        }
    }

    private void walk(TokenTrie tokens, Configuration from, int farthest) {
        path[0] = from;
        int node = 0;
        int root = 0;
        while (node < tokens.numNodes()) {
            int depth = tokens.depth(node);
            root = depth == 0 ? node : root;
            Configuration next = configurations.step(path[depth], tokens.value(node));
            steps += next.numPositions() + 1;
            if (next.dead()) {
                node = tokens.end(node);
                continue;
            }
            path[depth + 1] = next;
            allow(tokens, node, next, farthest);
            // Beyond the bound only single bytes are looked at.
            node = steps < maxSteps ? node + 1 : tokens.end(root);
        }
    }

    private void allow(TokenTrie tokens, int node, Configuration next, int farthest) {
        int firstToken = tokens.firstToken(node);
        int endToken = tokens.firstToken(node + 1);
        if (firstToken < endToken && next.distance() <= farthest) {
            maxDistance = Math.max(maxDistance, next.distance());
            count += endToken - firstToken;
            for (int i = firstToken; i < endToken; i++) {
                words[tokens.token(i) >> 5] |= 1 << (tokens.token(i) & 31);
            }
        }
    }
}
