package dev.millrace.engine;

import java.util.List;

/**
 * The answer to a request.
 *
 * @param requestId the request's id
 * @param outputs {@code n} answers, by index
 * @param promptLogprobs for each token of the prompt its log-probability given those before it, the first one null; empty
 *     unless asked for
 * @param usage token counts
 * @param timing durations
 */
public record Completion(
        String requestId,
        List<Output> outputs,
        List<TokenLogprob> promptLogprobs,
        Usage usage,
        Timing timing) {

    public Completion {
        outputs = List.copyOf(outputs);
    }

    /** Text of the first output. */
    public String text() {
        return outputs.get(0).text();
    }

    /** Tokens of the first output. */
    public TokenIds tokenIds() {
        return outputs.get(0).tokenIds();
    }

    /** Why the first output ended. */
    public FinishReason finishReason() {
        return outputs.get(0).finishReason();
    }
}
