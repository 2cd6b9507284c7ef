package dev.millrace.engine.grammar;

/**
 * Which tokens may follow a configuration: a walk of the token trie, cut where no answer goes on.
 *
 * <p>A mask is kept with the configuration's representative, so that the places in a long text share one. When the tokens
 * that are left are so few that some token would leave no way to end in time, the mask is made for that moment and without
 * those tokens: every byte that a shortest ending needs is a token by itself, so one is always left.
 *
 * <p>Thread-safety: none.
 */
final class TokenMasks {
    private final Configurations configurations;
    private final TokenTrie trie;
    private final int numWords;
    private final Configuration[] path;

    TokenMasks(Configurations configurations, TokenTrie trie, int width) {
        this.configurations = configurations;
        this.trie = trie;
        this.numWords = (width + 31) >>> 5;
        this.path = new Configuration[trie.longest() + 1];
    }

    /**
     * The tokens that may come next when {@code tokensLeft} may still come, that one included, and the answer's end takes one
     * of them.
     */
    TokenMask mask(Configuration configuration, int tokensLeft) {
        if (configuration.representative == null) {
            configuration.representative =
                    configurations.representative(configuration, trie.longest());
        }
        Configuration representative = configuration.representative;
        if (representative.mask == null) {
            representative.mask = walk(representative, Rule.ENDLESS);
        }
        // Behind the next token its ending must fit: one token a byte, and one for the end.
        int farthest = tokensLeft - 2;
        return representative.mask.maxDistance() <= farthest
                ? representative.mask
                : walk(configuration, farthest);
    }

    private TokenMask walk(Configuration from, int farthest) {
        int[] words = new int[numWords];
        int count = 0;
        int maxDistance = 0;
        path[0] = from;
        int node = 0;
        while (node < trie.numNodes()) {
            int depth = trie.depth(node);
            Configuration next = configurations.step(path[depth], trie.value(node));
            if (next.dead()) {
                node = trie.end(node);
                continue;
            }
            path[depth + 1] = next;
            int firstToken = trie.firstToken(node);
            int endToken = trie.firstToken(node + 1);
            if (firstToken < endToken && next.distance() <= farthest) {
                maxDistance = Math.max(maxDistance, next.distance());
                count += endToken - firstToken;
                for (int i = firstToken; i < endToken; i++) {
                    words[trie.token(i) >> 5] |= 1 << (trie.token(i) & 31);
                }
            }
            node++;
        }
        return new TokenMask(words, count, maxDistance);
    }
}
