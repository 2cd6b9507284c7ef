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
    private final int[] eosTokenIds;
    private final int vocabSize;
    private final int maxModelLen;
    private final EngineConfig config;
    private final LongSupplier clock;
    private final Grammars grammars;

    RequestIntake(EngineParts parts, EngineConfig config, LongSupplier clock) {
        this.parts = parts;
        this.eosTokenIds = parts.model().eosTokenIds().toArray();
        this.vocabSize = parts.model().vocabSize();
        int most = parts.model().maxModelLen();
        this.maxModelLen = config.maxModelLen() == 0 ? most : Math.min(most, config.maxModelLen());
        this.config = config;
        this.clock = clock;
        this.grammars = new Grammars(this::tokenBytes);
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

    int maxModelLen() {
        return maxModelLen;
    }

    /**
     * Prepares a request.
     *
     * @throws InvalidRequestException if it can never be served
     */
    ActiveRequest prepare(Generation generation) {
        Request request = generation.request();
        SamplingParams sampling = request.sampling();
        long now = clock.getAsLong();
        long deadline = deadline(request, now);
        SamplingRules.check(sampling, vocabSize);
        TokenIds prompt = tokenize(request.prompt());
        checkPrompt(prompt);
        int maxTokens = Math.min(sampling.maxTokens(), maxModelLen - prompt.size());
        checkPool(prompt.size(), maxTokens);
        checkResumed(request);
        Grammar grammar = grammar(sampling.format(), maxTokens);
        int[] stopTokenIds = stopTokenIds(sampling);
        List<Sequence> sequences = new ArrayList<>(sampling.n());
        for (int i = 0; i < sampling.n(); i++) {
            GrammarState form = grammar == null ? null : grammar.start();
            sequences.add(sequence(generation, i, prompt, maxTokens, stopTokenIds, form));
        }
        sequences.get(0).scheduling.waitingTokens += prompt.size();
        return new ActiveRequest(generation, sequences, now, deadline);
    }

    private static long deadline(Request request, long now) {
        if (request.timeout().isEmpty()) {
            return ActiveRequest.NO_DEADLINE;
        }
        long nanos = Nanos.of(request.timeout().get());
        if (nanos <= 0) {
            throw invalid(
                    EngineError.INVALID_TIMEOUT,
                    "timeout",
                    request.timeout().get().toString(),
                    "a time that is not over yet",
                    "Give the request more time, or none to wait without limit");
        }
        return now + nanos;
    }

    private TokenIds tokenize(Prompt prompt) {
        if (prompt instanceof Prompt.Tokens tokens) {
            return tokens.ids();
        }
        if (prompt instanceof Prompt.Text text) {
            return TokenIds.of(parts.tokenizer().encode(text.text(), true));
        }
        // The template writes the special tokens itself.
        String chat = parts.chatTemplate().apply(((Prompt.Chat) prompt).messages());
        return TokenIds.of(parts.tokenizer().encode(chat, false));
    }

    private void checkPrompt(TokenIds prompt) {
        if (prompt.isEmpty()) {
            throw invalid(
                    EngineError.EMPTY_PROMPT,
                    "prompt",
                    "no tokens",
                    "at least one",
                    "Give a prompt that is not empty");
        }
        checkTokenIds(prompt, "prompt");
        if (prompt.size() >= maxModelLen) {
            throw invalid(
                    EngineError.PROMPT_TOO_LONG,
                    "prompt",
                    prompt.size() + " tokens",
                    "at most "
                            + (maxModelLen - 1)
                            + ", as prompt and answer share max-model-len "
                            + maxModelLen,
                    "Shorten the prompt or use a model with a longer context");
        }
    }

    private void checkTokenIds(TokenIds ids, String where) {
        for (int i = 0; i < ids.size(); i++) {
            if (ids.get(i) < 0 || ids.get(i) >= vocabSize) {
                throw invalid(
                        EngineError.TOKEN_OUT_OF_RANGE,
                        where,
                        "token id " + ids.get(i) + " at position " + i,
                        "ids from 0 to " + (vocabSize - 1),
                        "Check that the ids belong to this model's tokenizer");
            }
        }
    }

    private void checkPool(int promptTokens, int maxTokens) {
        // The last token is drawn but never computed.
        int window = parts.model().window();
        int needed =
                KvCacheManager.mostBlocks(
                        config.blockSize(),
                        window,
                        config.maxNumBatchedTokens(),
                        promptTokens + maxTokens - 1);
        if (needed > parts.numBlocks()) {
            throw invalid(
                    EngineError.EXCEEDS_KV_POOL,
                    "prompt and max-tokens",
                    promptTokens + " + " + maxTokens + " tokens",
                    "at most " + ((long) parts.numBlocks() * config.blockSize() + 1) + " together",
                    "Lower max-tokens, shorten the prompt or raise kv-cache-memory");
        }
    }

    private void checkResumed(Request request) {
        List<Progress> resumed = request.resumed();
        int n = request.sampling().n();
        if (!resumed.isEmpty() && resumed.size() != n) {
            throw invalid(
                    EngineError.INVALID_RESUME,
                    "resumed",
                    resumed.size() + " outputs",
                    "none or n = " + n,
                    "Resume with what Generation.progress gave for the same request");
        }
        for (Progress progress : resumed) {
            checkTokenIds(progress.tokenIds(), "resumed");
            int expected = request.sampling().logprobs() < 0 ? 0 : progress.tokenIds().size();
            if (progress.logprobs().size() != expected) {
                throw invalid(
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
            Generation generation,
            int index,
            TokenIds prompt,
            int maxTokens,
            int[] stopTokenIds,
            GrammarState form) {
        Request request = generation.request();
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
        Sequence sequence = new Sequence(generation, index, seed, prompt, given.first(kept));
        sequence.scheduling.stops = stops;
        sequence.scheduling.finishReason = finishReason;
        sequence.scheduling.maxTokens = prompt.size() + maxTokens;
        sequence.scheduling.ropeOffset = parts.model().ropeOffset(sequence.scheduling.maxTokens);
        sequence.scheduling.waitingTokens = kept;
        return sequence;
    }

    private static InvalidRequestException invalid(
            EngineError error, String where, String given, String allowed, String remedy) {
        return new InvalidRequestException(new Problem(error, where, given, allowed, remedy));
    }
}
