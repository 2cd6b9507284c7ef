package dev.millrace.engine.grammar;

/**
 * Which tokens may follow a configuration: those of a {@link TokenSlice} at once where it does not matter which they are, and a
 * walk of the trie of the others, cut where no answer goes on.
 *
 * <p>A mask is kept with the configuration's representative, so that the places in a long text share one. When the tokens
 * that are left are so few that some token would leave no way to end in time, the mask is made for that moment and without
 * those tokens: every byte that a shortest ending needs is a token by itself, so one is always left.
 *
 * <p>The work of one mask is bounded. Where readings are so many that the bound is reached, what was not looked at is left out,
 * but for the single bytes: an answer can still go on, and end in time. What a mask holds depends on the place alone.
 *
 * <p>Thread-safety: none.
 */
final class TokenMasks {
    /** Most steps of one reading by one byte for one mask, those of single bytes aside. */
    static final int MAX_STEPS = 2_000_000;

    private static final int MAX_SLICED_POSITIONS = 8;

    private final Configurations configurations;
    private final VocabularyTables tables;
    private final int numWords;
    private final Configuration[] path;
    private final TextReach reach;

    private int[] words;
    private int count;
    private int maxDistance;
    private int steps;

    TokenMasks(Configurations configurations, VocabularyTables tables) {
        this.configurations = configurations;
        this.tables = tables;
        this.numWords = (tables.vocabulary().width() + 31) >>> 5;
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
            representative.mask = make(representative, Rule.ENDLESS);
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
        words = new int[numWords];
        count = 0;
        maxDistance = 0;
        steps = 0;
        TokenTrie rest = tables.trie();
        if (from.numPositions() <= MAX_SLICED_POSITIONS) {
            for (TokenSlice slice : tables.slices()) {
                reach.look(from, slice.alphabet(), slice.longest());
                if (isKnown(slice, farthest)) {
                    take(slice, farthest);
                    rest = slice.rest();
                    break;
                }
            }
        }
        walk(rest, from, farthest);
        return new TokenMask(words, count, maxDistance);
    }

    private boolean isKnown(TokenSlice slice, int farthest) {
        for (int length = 1; length <= slice.longest(); length++) {
            if (reach.verdict(length, farthest) == TextReach.Verdict.UNKNOWN) {
                return false;
            }
        }
        return true;
    }

    private void take(TokenSlice slice, int farthest) {
        int from = 0;
        for (int length = 1; length <= slice.longest(); length++) {
            boolean all = reach.verdict(length, farthest) == TextReach.Verdict.ALL;
            boolean lastOfRun =
                    length == slice.longest()
                            || reach.verdict(length + 1, farthest) != TextReach.Verdict.ALL;
            if (all) {
                maxDistance = Math.max(maxDistance, reach.most(length));
            }
            if (all && lastOfRun) {
                slice.add(from, length, words);
                count += slice.count(from, length);
            }
            from = all ? from : length;
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
            node = steps < MAX_STEPS ? node + 1 : tokens.end(root);
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
