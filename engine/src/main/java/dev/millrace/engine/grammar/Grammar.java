package dev.millrace.engine.grammar;

/**
 * A form of answers, made for one vocabulary; requests of the same form share it, and what it has learned.
 *
 * <p>Thread-safety: all methods may be called from any thread; masks are made one at a time.
 */
public final class Grammar {
    private final TokenBytes vocabulary;
    private final Configurations configurations;
    private final TokenMasks masks;
    private final int shortest;

    Grammar(Rule rule, TokenBytes vocabulary, TokenTrie trie) {
        this.vocabulary = vocabulary;
        this.configurations = new Configurations(rule);
        this.masks = new TokenMasks(configurations, trie, vocabulary.width());
        this.shortest = rule.shortest();
    }

    /** Tokens that suffice for the shortest answer and its end, one for each byte. */
    public int sufficientTokens() {
        return shortest + 1;
    }

    /** An answer's place before its first token. */
    public GrammarState start() {
        synchronized (this) {
            return new GrammarState(this, configurations.start());
        }
    }

    /** Behind {@code tokenId}; dead if it may not follow. */
    synchronized Configuration step(Configuration from, int tokenId) {
        byte[] token = vocabulary.of(tokenId);
        if (token == null) {
            return Configuration.none();
        }
        Configuration at = from;
        for (byte value : token) {
            at = configurations.step(at, value & 0xff);
        }
        return at;
    }

    synchronized TokenMask mask(Configuration at, int tokensLeft) {
        return masks.mask(at, tokensLeft);
    }
}
