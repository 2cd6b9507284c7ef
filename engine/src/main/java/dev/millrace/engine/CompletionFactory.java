package dev.millrace.engine;

import dev.millrace.engine.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Makes the completion of a request whose sequences are finished.
 *
 * <p>Thread-safety: immutable.
 */
final class CompletionFactory {
    private final Tokenizer tokenizer;

    CompletionFactory(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /**
     * The completion.
     *
     * @throws InvalidRequestException if its tokens have no text
     */
    Completion create(ActiveRequest request) {
        List<Output> outputs = new ArrayList<>(request.sequences.size());
        int generated = 0;
        for (Sequence sequence : request.sequences) {
            outputs.add(output(sequence));
            generated += sequence.numGeneratedTokens();
        }
        int prompt = request.numPromptTokens();
        Usage usage =
                new Usage(
                        prompt,
                        request.cachedPromptTokens,
                        generated,
                        request.resumedTokens,
                        request.sequences.get(0).scheduling.maxTokens - prompt);
        return new Completion(
                request.id,
                outputs,
                promptLogprobs(request.sequences.get(0)),
                usage,
                timing(request));
    }

    private Output output(Sequence sequence) {
        Progress progress = sequence.progress();
        return new Output(
                sequence.index,
                text(sequence, progress.tokenIds()),
                progress.tokenIds(),
                sequence.scheduling.finishReason,
                progress.logprobs());
    }

    private String text(Sequence sequence, TokenIds tokenIds) {
        StopChecker stops = sequence.scheduling.stops;
        if (stops.cutsText()) {
            return stops.textBeforeStop();
        }
        int count = tokenIds.size() - (stops.endsWithStopToken() ? 1 : 0);
        return AnswerText.decode(tokenizer, tokenIds, count);
    }

    private static List<TokenLogprob> promptLogprobs(Sequence sequence) {
        if (!(sequence.rowUse instanceof TokenScores scores)
                || sequence.numReadRows < sequence.numPromptTokens) {
            return List.of();
        }
        List<TokenLogprob> logprobs = new ArrayList<>(sequence.numPromptTokens);
        logprobs.add(null);
        for (int i = 1; i < sequence.numPromptTokens; i++) {
            float logprob = scores.logprob(i - 1, 0);
            logprobs.add(new TokenLogprob(sequence.tokenId(i), logprob, List.of()));
        }
        return Collections.unmodifiableList(logprobs);
    }

    /** Times of a request that was finished or over before its first step end with it. */
    private static Timing timing(ActiveRequest request) {
        long now = request.endedNanos;
        return new Timing(
                since(request, request.firstScheduledNanos, now),
                since(request, request.firstTokenNanos, now),
                now - request.submittedNanos);
    }

    private static long since(ActiveRequest request, long time, long now) {
        return (time < 0 ? now : time) - request.submittedNanos;
    }
}
