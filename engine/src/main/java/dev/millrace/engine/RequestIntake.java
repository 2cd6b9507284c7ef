package dev.millrace.engine;

import dev.millrace.engine.grammar.Grammar;
import dev.millrace.engine.grammar.GrammarError;
import dev.millrace.engine.grammar.GrammarException;
import dev.millrace.engine.grammar.GrammarState;
import dev.millrace.engine.grammar.Grammars;
import dev.millrace.engine.grammar.TokenBytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;

/**
 * Checks a request and prepares its sequences, on the thread that submits it.
 *
 * <p>Thread-safety: immutable.
 */
final class RequestIntake {
    private final EngineParts parts;
    private final PromptIntake prompts;
    private final CompletionFactory completions;
    private final int[] eosTokenIds;
    private final int vocabSize;
    private final Grammars grammars;

    RequestIntake(EngineParts parts, EngineConfig config, LongSupplier clock) {
        this.parts = parts;
        this.prompts = new PromptIntake(parts, config, clock);
        this.completions = new CompletionFactory(parts.tokenizer());
        this.eosTokenIds = parts.model().eosTokenIds().toArray();
        this.vocabSize = parts.model().vocabSize();
        this.grammars = new Grammars(this::tokenBytes);
    }

    int maxModelLen() {
        return prompts.maxModelLen();
    }

    /** The model's end tokens end an answer; they are no part of its text, whatever the tokenizer calls them. */
    private TokenBytes tokenBytes() {
        byte[][] bytes = parts.tokenizer().tokenBytes();
        for (int id : eosTokenIds) {
            if (id < bytes.length) {
                bytes[id] = null;
            }
        }
        return new TokenBytes(bytes, vocabSize);
    }

    TokenIds tokenize(Prompt prompt) {
        return prompts.tokenize(prompt);
    }

    /**
     * Prepares a request.
     *
     * @throws InvalidRequestException if it can never be served
     */
    ActiveRequest prepare(Generation generation) {
        Request request = generation.request();
        SamplingParams sampling = request.sampling();
        long now = prompts.now();
        long deadline = PromptIntake.deadline(request.timeout(), now);
        SamplingRules.check(sampling, vocabSize);
        TokenIds prompt = prompts.tokenize(request.prompt());
        prompts.checkLength(prompt, 1);
        int maxTokens = Math.min(sampling.maxTokens(), prompts.maxModelLen() - prompt.size());
        prompts.checkPool(prompt.size(), maxTokens);
        checkResumed(request);
        Grammar grammar = grammar(sampling.format(), maxTokens);
        int[] stopTokenIds = stopTokenIds(sampling);
        List<Sequence> sequences = new ArrayList<>(sampling.n());
        for (int i = 0; i < sampling.n(); i++) {
            GrammarState form = grammar == null ? null : grammar.start();
            sequences.add(sequence(request, i, prompt, maxTokens, stopTokenIds, form));
        }
        sequences.get(0).scheduling.waitingTokens += prompt.size();
        generation.begin(sequences);
        return new ActiveRequest(
                request.id(),
                new PendingAnswer<>(generation, completions::create),
                sequences,
                now,
                deadline);
    }

    private void checkResumed(Request request) {
        List<Progress> resumed = request.resumed();
        int n = request.sampling().n();
        if (!resumed.isEmpty() && resumed.size() != n) {
            throw PromptIntake.invalid(
                    EngineError.INVALID_RESUME,
                    "resumed",
                    resumed.size() + " outputs",
                    "none or n = " + n,
                    "Resume with what Generation.progress gave for the same request");
        }
        for (Progress progress : resumed) {
            prompts.checkTokenIds(progress.tokenIds(), "resumed");
            int expected = request.sampling().logprobs() < 0 ? 0 : progress.tokenIds().size();
            if (progress.logprobs().size() != expected) {
                throw PromptIntake.invalid(
                        EngineError.INVALID_RESUME,
                        "resumed",
                        progress.logprobs().size() + " log-probabilities",
                        String.valueOf(expected),
                        "Resume with what Generation.progress gave for the same request");
            }
        }
    }

    /** Null if the answer has no form. */
    private Grammar grammar(AnswerFormat format, int maxTokens) {
        if (format == null) {
            return null;
        }
        Grammar grammar;
        try {
            grammar = grammars.of(format);
        } catch (GrammarException e) {
            throw new InvalidRequestException(e.problem());
        }
        if (grammar.sufficientTokens() > maxTokens) {
            throw new InvalidRequestException(
                    new Problem(
                            GrammarError.MAX_TOKENS,
                            "max-tokens",
                            maxTokens + " for this answer",
                            "at least "
                                    + grammar.sufficientTokens()
                                    + ", what the shortest answer of this form may take",
                            "Raise max-tokens, or shorten what the form asks for"));
        }
        return grammar;
    }

    private int[] stopTokenIds(SamplingParams sampling) {
        IntStream own = sampling.ignoreEos() ? IntStream.empty() : Arrays.stream(eosTokenIds);
        IntStream asked = sampling.stopTokenIds().stream().mapToInt(Integer::intValue);
        return IntStream.concat(own, asked).sorted().distinct().toArray();
    }

    private Sequence sequence(
            Request request,
            int index,
            TokenIds prompt,
            int maxTokens,
            int[] stopTokenIds,
            GrammarState form) {
        SamplingParams sampling = request.sampling();
        TextStream stream = sampling.stop().isEmpty() ? null : parts.textStreams().get();
        StopChecker stops = new StopChecker(stopTokenIds, sampling, maxTokens, stream, form);
        Progress given =
                request.resumed().isEmpty() ? Progress.none() : request.resumed().get(index);
        // Log-probabilities of the prompt come with a drawn token, so one is drawn again.
        boolean scoresPrompt = sampling.promptLogprobs() && index == 0;
        int most = Math.max(0, given.tokenIds().size() - (scoresPrompt ? 1 : 0));
        int kept = 0;
        FinishReason finishReason = null;
        while (finishReason == null && kept < most) {
            finishReason = stops.accept(given.tokenIds().get(kept), ++kept);
        }
        long seed = Bits.seed(sampling.seed(), index);
        Sequence sequence = new Sequence(sampling, index, seed, prompt, given.first(kept));
        sequence.scheduling.stops = stops;
        sequence.scheduling.finishReason = finishReason;
        sequence.scheduling.maxTokens = prompt.size() + maxTokens;
        sequence.scheduling.ropeOffset = parts.model().ropeOffset(sequence.scheduling.maxTokens);
        sequence.scheduling.waitingTokens = kept;
        return sequence;
    }
}
