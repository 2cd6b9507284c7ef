package dev.millrace.engine;

import java.util.List;

/**
 * Log-probability of one token under the model's own distribution (before penalties, bias and temperature).
 *
 * @param tokenId the token
 * @param logprob natural logarithm of its probability
 * @param top the most likely tokens at this position, best first, as many as asked for; empty inside that list
 */
public record TokenLogprob(int tokenId, float logprob, List<TokenLogprob> top) {
    public TokenLogprob {
        top = List.copyOf(top);
    }
}
