package dev.millrace.engine;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * What every request goes through on the thread that submits it: its prompt becomes tokens, which must fit the model and the KV
 * memory, and its timeout becomes a deadline.
 *
 * <p>Thread-safety: immutable.
 */
final class PromptIntake {
    private final EngineParts parts;
    private final int vocabSize;
    private final int maxModelLen;
    private final EngineConfig config;
    private final LongSupplier clock;

    PromptIntake(EngineParts parts, EngineConfig config, LongSupplier clock) {
        this.parts = parts;
        this.vocabSize = parts.model().vocabSize();
        int most = parts.model().maxModelLen();
        this.maxModelLen = config.maxModelLen() == 0 ? most : Math.min(most, config.maxModelLen());
        this.config = config;
        this.clock = clock;
    }

    int maxModelLen() {
        return maxModelLen;
    }

    long now() {
        return clock.getAsLong();
    }

    /**
     * When a request that comes at {@code now} is over.
     *
     * @throws InvalidRequestException if it is over already
     */
    static long deadline(Optional<Duration> timeout, long now) {
        if (timeout.isEmpty()) {
            return ActiveRequest.NO_DEADLINE;
        }
        long nanos = Nanos.of(timeout.get());
        if (nanos <= 0) {
            throw invalid(
                    EngineError.INVALID_TIMEOUT,
                    "timeout",
                    timeout.get().toString(),
                    "a time that is not over yet",
                    "Give the request more time, or none to wait without limit");
        }
        return now + nanos;
    }

    /**
     * The prompt's tokens.
     *
     * @throws InvalidRequestException if there are none, or one is not in the vocabulary
     */
    TokenIds tokenize(Prompt prompt) {
        TokenIds ids = ids(prompt);
        if (ids.isEmpty()) {
            throw invalid(
                    EngineError.EMPTY_PROMPT,
                    "prompt",
                    "no tokens",
                    "at least one",
                    "Give a prompt that is not empty");
        }
        checkTokenIds(ids, "prompt");
        return ids;
    }

    private TokenIds ids(Prompt prompt) {
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

    /**
     * Checks a prompt that {@code more} tokens follow at least.
     *
     * @throws InvalidRequestException if the model has no room for both
     */
    void checkLength(TokenIds prompt, int more) {
        if (prompt.size() > maxModelLen - more) {
            throw invalid(
                    EngineError.PROMPT_TOO_LONG,
                    "prompt",
                    prompt.size() + " tokens",
                    "at most "
                            + Math.max(0, maxModelLen - more)
                            + ", as prompt and answer share max-model-len "
                            + maxModelLen,
                    "Shorten the prompt or use a model with a longer context");
        }
    }

    /**
     * Checks that ids are in the vocabulary.
     *
     * @throws InvalidRequestException if one is not
     */
    void checkTokenIds(TokenIds ids, String where) {
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

    /**
     * Checks that one sequence of a prompt and {@code more} tokens, of which the last is never computed, fits the KV memory.
     *
     * @throws InvalidRequestException if it does not
     */
    void checkPool(int promptTokens, int more) {
        int window = parts.model().window();
        int needed =
                KvCacheManager.mostBlocks(
                        config.blockSize(),
                        window,
                        config.maxNumBatchedTokens(),
                        promptTokens + more - 1);
        if (needed > parts.numBlocks()) {
            throw invalid(
                    EngineError.EXCEEDS_KV_POOL,
                    "prompt and answer",
                    promptTokens + " + " + more + " tokens",
                    "at most " + ((long) parts.numBlocks() * config.blockSize() + 1) + " together",
                    "Shorten the prompt, ask for a shorter answer or raise kv-cache-memory");
        }
    }

    static InvalidRequestException invalid(
            EngineError error, String where, String given, String allowed, String remedy) {
        return new InvalidRequestException(new Problem(error, where, given, allowed, remedy));
    }
}
