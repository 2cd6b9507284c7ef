package dev.millrace.engine.grammar;

import dev.millrace.engine.AnswerFormat;
import dev.millrace.engine.Problem;
import java.util.Optional;

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

    /** Null if no object has keys that its schema does not name. */
    private final KeyFilter keys;

    private final AnswerFormat format;
    private volatile AnswerJudge judge;

    Grammar(AnswerFormat format, Rule rule, boolean freeKeys, VocabularyTables tables) {
        this.format = format;
        this.vocabulary = tables.vocabulary();
        this.configurations = new Configurations(rule, tables.trie().longest());
        this.masks = new TokenMasks(configurations, tables, TokenMasks.MAX_STEPS);
        this.shortest = rule.shortest();
        this.keys = freeKeys ? new KeyFilter(configurations, tables) : null;
    }

    /** Tokens that suffice for the shortest answer and its end, one for each byte. */
    public int sufficientTokens() {
        return shortest + 1;
    }

    /**
     * What another implementation finds wrong with a finished answer; empty if it is valid. If that one breaks, the answer is not
     * used: nobody has judged it. Takes its time, so not for the engine thread as long as another is free.
     */
    public Optional<Problem> judge(String answer) {
        try {
            if (judge == null) {
                judge = AnswerJudge.of(format);
            }
            return judge.problem(answer);
        } catch (RuntimeException | LinkageError | StackOverflowError e) {
            // Its text may quote the answer.
            String given = "an answer that cannot be judged (" + e.getClass().getName() + ")";
            return Optional.of(AnswerJudge.invalid(given));
        }
    }

    /** An answer's place before its first token. */
    public GrammarState start() {
        synchronized (this) {
            KeyPlace place = keys == null ? null : KeyPlace.START;
            return new GrammarState(this, configurations.start(), place);
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

    /** Behind {@code tokenId}, too; null if it writes a key twice. {@code from} may be null where no key can be. */
    KeyPlace step(KeyPlace from, int tokenId) {
        KeyPlace place = from;
        byte[] token = vocabulary.of(tokenId);
        for (int i = 0; place != null && token != null && i < token.length; i++) {
            place = place.step(token[i] & 0xff);
        }
        return place;
    }

    synchronized TokenMask mask(Configuration at, KeyPlace place, int tokensLeft) {
        TokenMask mask = masks.mask(at, tokensLeft);
        return place == null ? mask : keys.filter(mask, at, place, tokensLeft - 2);
    }
}
