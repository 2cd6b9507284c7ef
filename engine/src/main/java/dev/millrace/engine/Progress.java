package dev.millrace.engine;

import java.util.List;

/**
 * What one output has so far: enough, with the request, to go on elsewhere and reach the same bytes.
 *
 * @param tokenIds generated tokens
 * @param logprobs one for each of them, if the request asks for log-probabilities; otherwise empty
 */
public record Progress(TokenIds tokenIds, List<TokenLogprob> logprobs) {

    private static final Progress NONE = new Progress(TokenIds.empty(), List.of());

    public Progress {
        logprobs = List.copyOf(logprobs);
    }

    /** Nothing generated yet. */
    public static Progress none() {
        return NONE;
    }

    /** The part with the first {@code count} tokens. */
    Progress first(int count) {
        if (count == tokenIds.size()) {
            return this;
        }
        return new Progress(
                TokenIds.ofRange(tokenIds.toArray(), 0, count),
                logprobs.isEmpty() ? logprobs : logprobs.subList(0, count));
    }
}
