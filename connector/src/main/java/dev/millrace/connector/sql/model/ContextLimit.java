package dev.millrace.connector.sql.model;

import dev.millrace.connector.sql.ContextOverflowAction;
import dev.millrace.connector.sql.SqlError;
import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.LlmEngine;
import dev.millrace.engine.Problem;
import dev.millrace.engine.Prompt;
import java.io.Serializable;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What becomes of prompts with too many tokens. A prompt that is truncated loses text of the row's values only, never of the template: all
 * values are cut to one length, the greatest with which the prompt fits.
 *
 * @param maxTokens most tokens of a prompt; 0 for what the model takes
 * @param action what to do with longer ones
 * @param answerTokens tokens that a truncated prompt leaves room for
 */
record ContextLimit(int maxTokens, ContextOverflowAction action, int answerTokens)
        implements Serializable {
    private static final Logger LOG = LoggerFactory.getLogger(ContextLimit.class);

    /**
     * The prompt as it may be asked; empty if the row is to be left out.
     *
     * @throws InvalidRequestException if it is too long
     */
    Optional<Prompt> fit(RowPrompt prompt, LlmEngine engine) {
        Prompt whole = prompt.whole();
        if (action == ContextOverflowAction.ERROR && maxTokens == 0) {
            return Optional.of(whole); // the engine counts, and refuses
        }
        int limit = limit(engine);
        int tokens = engine.tokenize(whole).size();
        if (tokens <= limit) {
            return Optional.of(whole);
        }
        if (action.logs()) {
            LOG.warn(
                    "A prompt of {} tokens exceeds the limit of {} and is {}.",
                    tokens,
                    limit,
                    action.skips() ? "skipped" : "truncated");
        }
        if (action.skips()) {
            return Optional.empty();
        }
        if (!action.truncates()) {
            throw tooLong(tokens, limit);
        }
        return Optional.of(truncated(prompt, limit, engine));
    }

    private int limit(LlmEngine engine) {
        int room = Math.max(1, engine.maxModelLen() - Math.max(1, answerTokens));
        int most = action.truncates() ? room : engine.maxModelLen() - 1;
        return maxTokens == 0 ? most : Math.min(maxTokens, most);
    }

    /** Halves the range in which the greatest length lies. Token counts need not rise with it, but what is returned fits. */
    private Prompt truncated(RowPrompt prompt, int limit, LlmEngine engine) {
        Prompt best = prompt.cut(0, action.keepsHead());
        int tokens = engine.tokenize(best).size();
        if (tokens > limit) {
            throw tooLong(tokens, limit);
        }
        int fits = 0;
        int exceeds = prompt.longest();
        while (exceeds - fits > 1) {
            int middle = (fits + exceeds) >>> 1;
            Prompt tried = prompt.cut(middle, action.keepsHead());
            if (engine.tokenize(tried).size() <= limit) {
                best = tried;
                fits = middle;
            } else {
                exceeds = middle;
            }
        }
        return best;
    }

    private InvalidRequestException tooLong(int tokens, int limit) {
        return new InvalidRequestException(
                new Problem(
                        SqlError.CONTEXT_OVERFLOW,
                        "prompt",
                        tokens + " tokens",
                        "at most " + limit,
                        action.truncates()
                                ? "Shorten the template, which is never truncated"
                                : "Shorten it, or set context-overflow-action to truncate or skip such rows"));
    }
}
