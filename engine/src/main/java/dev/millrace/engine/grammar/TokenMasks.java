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
    private final PlainTokens plain;
    private final int numWords;
    private final Configuration[] path;

    TokenMasks(Configurations configurations, TokenTrie trie, PlainTokens plain, int width) {
        this.configurations = configurations;
        this.trie = trie;
        this.plain = plain;
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
        int codePoints = from.distance() <= farthest ? plainLeft(from) : -1;
        if (codePoints < 0) {
            return walk(trie, from, farthest, new int[numWords], 0, 0);
        }
        int[] words = plain.upTo(codePoints).clone();
        return walk(plain.rest(), from, farthest, words, plain.count(codePoints), from.distance());
    }

    /** How long plain text may be for none of its tokens to need a look; -1 if all do. */
    private int plainLeft(Configuration from) {
        for (Position position : from.positions()) {
            int left = position.lexeme().plainLeft(position.state());
            if (left >= plain.longest() || from.positions().size() == 1) {
                // Only this reading's own distance bounds that of its tokens.
                return position.distance() <= from.distance() ? left : -1;
            }
        }
        return -1;
    }

    private TokenMask walk(
            TokenTrie tokens,
            Configuration from,
            int farthest,
            int[] words,
            int countSoFar,
            int maxDistanceSoFar) {
        int count = countSoFar;
        int maxDistance = maxDistanceSoFar;
        path[0] = from;
        int node = 0;
        while (node < tokens.numNodes()) {
            int depth = tokens.depth(node);
            Configuration next = configurations.step(path[depth], tokens.value(node));
            if (next.dead()) {
                node = tokens.end(node);
                continue;
            }
            path[depth + 1] = next;
            int firstToken = tokens.firstToken(node);
            int endToken = tokens.firstToken(node + 1);
            if (firstToken < endToken && next.distance() <= farthest) {
                maxDistance = Math.max(maxDistance, next.distance());
                count += endToken - firstToken;
                for (int i = firstToken; i < endToken; i++) {
                    words[tokens.token(i) >> 5] |= 1 << (tokens.token(i) & 31);
                }
            }
            node++;
        }
        return new TokenMask(words, count, maxDistance);
    }
}
