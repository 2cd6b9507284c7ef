package dev.millrace.engine;

import java.util.List;

/**
 * One of the {@code n} answers to a request.
 *
 * @param index 0 to n − 1
 * @param text the answer without the stop token or stop string
 * @param tokenIds all generated tokens, the stop token included
 * @param finishReason why it ended
 * @param logprobs one for each generated token, if asked for; otherwise empty
 */
public record Output(
        int index,
        String text,
        TokenIds tokenIds,
        FinishReason finishReason,
        List<TokenLogprob> logprobs) {
    public Output {
        logprobs = List.copyOf(logprobs);
    }
}
