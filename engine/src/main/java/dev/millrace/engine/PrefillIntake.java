package dev.millrace.engine;

import static dev.millrace.engine.PromptIntake.invalid;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Checks requests that draw no tokens and prepares their sequences, on the thread that submits them.
 *
 * <p>Thread-safety: immutable.
 */
final class PrefillIntake {
    private final EngineParts parts;
    private final PromptIntake prompts;

    PrefillIntake(EngineParts parts, EngineConfig config, LongSupplier clock) {
        this.parts = parts;
        this.prompts = new PromptIntake(parts, config, clock);
    }

    /**
     * Prepares the scoring of labels, without calibration.
     *
     * @throws InvalidRequestException if it can never be served
     */
    ActiveRequest labels(LabelRequest request, CompletableFuture<LabelScores> future) {
        List<TokenIds> labels = tokenize(request.labels());
        TokenIds prompt = prompts.tokenize(request.prompt());
        prompts.checkLength(prompt, 1);
        LabelScoring scoring = new LabelScoring(prompt, labels, parts.model().eosTokenIds());
        Function<ActiveRequest, LabelScores> maker =
                ended -> {
                    checkInTime(ended);
                    double[] logprobs = scoring.logprobs();
                    checkFinite(ended, DoubleStream.of(logprobs));
                    return LabelScores.of(request.labels(), logprobs, usage(ended));
                };
        return prepare(
                request.id(),
                request.timeout(),
                prompt,
                scoring.mostTokens(),
                scoring.sequences(),
                new PendingAnswer<>(future, maker));
    }

    private List<TokenIds> tokenize(List<String> labels) {
        if (labels.isEmpty() || labels.size() > LabelRequest.MAX_LABELS) {
            throw invalid(
                    EngineError.INVALID_LABELS,
                    "labels",
                    labels.size() + " labels",
                    "1 to " + LabelRequest.MAX_LABELS,
                    "Give the labels to choose from");
        }
        List<TokenIds> all =
                labels.stream()
                        .map(label -> TokenIds.of(parts.tokenizer().encode(label, false)))
                        .toList();
        Map<TokenIds, Integer> places = new HashMap<>();
        for (int i = 0; i < all.size(); i++) {
            checkLabel(i, all.get(i), places.put(all.get(i), i));
        }
        return all;
    }

    private void checkLabel(int index, TokenIds label, Integer same) {
        String where = "labels[" + index + "]";
        if (label.isEmpty()) {
            throw invalid(
                    EngineError.INVALID_LABELS,
                    where,
                    "no tokens",
                    "at least one",
                    "Give every label a text");
        }
        if (same != null) {
            throw invalid(
                    EngineError.INVALID_LABELS,
                    where,
                    "the same tokens as labels[" + same + "]",
                    "labels that differ",
                    "Give each label once");
        }
        prompts.checkTokenIds(label, where);
    }

    /**
     * Prepares an embedding.
     *
     * @throws InvalidRequestException if it can never be served
     */
    ActiveRequest embedding(EmbedRequest request, CompletableFuture<Embedding> future) {
        TokenIds prompt = prompts.tokenize(request.prompt());
        PooledStates states = new PooledStates(request.pooling(), prompt.size());
        Sequence sequence = new Sequence(0, prompt, prompt.size(), states);
        Function<ActiveRequest, Embedding> maker =
                ended -> {
                    checkInTime(ended);
                    float[] values = states.mean(request.normalized());
                    checkFinite(
                            ended, IntStream.range(0, values.length).mapToDouble(i -> values[i]));
                    return Embedding.of(values, usage(ended));
                };
        return prepare(
                request.id(),
                request.timeout(),
                prompt,
                0,
                List.of(sequence),
                new PendingAnswer<>(future, maker));
    }

    /** {@code more}: most tokens that follow the prompt, the last of which is never computed. */
    private ActiveRequest prepare(
            String id,
            Optional<Duration> timeout,
            TokenIds prompt,
            int more,
            List<Sequence> sequences,
            PendingAnswer<?> answer) {
        long now = prompts.now();
        long deadline = PromptIntake.deadline(timeout, now);
        prompts.checkLength(prompt, more);
        prompts.checkPool(prompt.size(), Math.max(1, more));
        int ropeOffset = parts.model().ropeOffset(prompt.size() + more);
        for (Sequence sequence : sequences) {
            sequence.scheduling.maxTokens = sequence.numTokens() + 1;
            sequence.scheduling.ropeOffset = ropeOffset;
            sequence.scheduling.waitingTokens = sequence.numTokens() - prompt.size();
        }
        sequences.get(0).scheduling.waitingTokens += prompt.size();
        return new ActiveRequest(id, answer, sequences, now, deadline);
    }

    private static Usage usage(ActiveRequest request) {
        return new Usage(request.numPromptTokens(), request.cachedPromptTokens, 0, 0, 0);
    }

    /** Refuses a request that did not come to its end. */
    private static void checkInTime(ActiveRequest request) {
        for (Sequence sequence : request.sequences) {
            if (sequence.scheduling.finishReason == FinishReason.TIMEOUT) {
                throw invalid(
                        EngineError.DEADLINE,
                        "request " + request.id,
                        "no result by its deadline",
                        "one within the request's timeout",
                        "Give the request more time, or the engine fewer requests at once");
            }
        }
    }

    private static void checkFinite(ActiveRequest request, DoubleStream values) {
        if (!values.allMatch(Double::isFinite)) {
            throw invalid(
                    EngineError.NON_FINITE_LOGITS,
                    "request " + request.id,
                    "NaN or infinite numbers",
                    "finite numbers",
                    "Check the checkpoint's weights");
        }
    }
}
