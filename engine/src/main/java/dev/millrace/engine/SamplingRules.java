package dev.millrace.engine;

import java.nio.charset.StandardCharsets;
import java.util.Map;

/** What is allowed in {@link SamplingParams}. */
public final class SamplingRules {
    /** Highest temperature. */
    public static final float MAX_TEMPERATURE = 2;

    /** Most answers to one request. */
    public static final int MAX_N = 64;

    /** Most stop strings. */
    public static final int MAX_STOP_STRINGS = 16;

    /** Longest stop string, in bytes of UTF-8. */
    public static final int MAX_STOP_BYTES = 1024;

    /** Most log-probabilities for each token. */
    public static final int MAX_LOGPROBS = 20;

    /** Greatest logit bias, up or down. */
    public static final float MAX_LOGIT_BIAS = 100;

    private SamplingRules() {}

    /**
     * Checks all parameters for a model with {@code vocabSize} tokens.
     *
     * @throws InvalidRequestException for the first one that is not allowed
     */
    public static void check(SamplingParams params, int vocabSize) {
        checkRandomness(params);
        checkPenalties(params);
        checkLengths(params);
        checkStop(params, vocabSize);
        checkLogits(params, vocabSize);
        checkFormat(params);
    }

    private static void checkRandomness(SamplingParams params) {
        float temperature = params.temperature();
        require(
                temperature >= 0 && temperature <= MAX_TEMPERATURE,
                SamplingError.TEMPERATURE,
                "temperature",
                temperature,
                "a number in [0, 2]",
                "0 is greedy, 1 follows the model");
        require(
                params.topP() > 0 && params.topP() <= 1,
                SamplingError.TOP_P,
                "top-p",
                params.topP(),
                "a number in (0, 1]",
                "1 turns it off");
        require(
                params.topK() >= 0,
                SamplingError.TOP_K,
                "top-k",
                params.topK(),
                "an integer of at least 0",
                "0 turns it off");
        require(
                params.minP() >= 0 && params.minP() <= 1,
                SamplingError.MIN_P,
                "min-p",
                params.minP(),
                "a number in [0, 1]",
                "0 turns it off");
    }

    private static void checkPenalties(SamplingParams params) {
        float repetition = params.repetitionPenalty();
        require(
                repetition > 0 && repetition <= 2,
                SamplingError.REPETITION_PENALTY,
                "repetition-penalty",
                repetition,
                "a number in (0, 2]",
                "1 turns it off");
        float presence = params.presencePenalty();
        require(
                Math.abs(presence) <= 2,
                SamplingError.PRESENCE_PENALTY,
                "presence-penalty",
                presence,
                "a number in [-2, 2]",
                "0 turns it off");
        float frequency = params.frequencyPenalty();
        require(
                Math.abs(frequency) <= 2,
                SamplingError.FREQUENCY_PENALTY,
                "frequency-penalty",
                frequency,
                "a number in [-2, 2]",
                "0 turns it off");
    }

    private static void checkLengths(SamplingParams params) {
        require(
                params.maxTokens() >= 1,
                SamplingError.MAX_TOKENS,
                "max-tokens",
                params.maxTokens(),
                "an integer of at least 1",
                "What does not fit the model is cut off");
        require(
                params.minTokens() >= 0 && params.minTokens() <= params.maxTokens(),
                SamplingError.MIN_TOKENS,
                "min-tokens",
                params.minTokens(),
                "an integer from 0 to max-tokens (" + params.maxTokens() + ")",
                "Lower min-tokens or raise max-tokens");
        require(
                params.n() >= 1 && params.n() <= MAX_N,
                SamplingError.N,
                "n",
                params.n(),
                "an integer from 1 to " + MAX_N,
                "Submit several requests for more answers");
        require(
                params.n() == 1 || params.temperature() > 0,
                SamplingError.N_GREEDY,
                "n",
                params.n(),
                "1 when temperature is 0, as all answers would be the same",
                "Raise temperature or set n to 1");
    }

    private static void checkStop(SamplingParams params, int vocabSize) {
        require(
                params.stop().size() <= MAX_STOP_STRINGS,
                SamplingError.STOP,
                "stop",
                params.stop().size() + " strings",
                "at most " + MAX_STOP_STRINGS,
                "Leave some out");
        for (String stop : params.stop()) {
            int bytes = stop.getBytes(StandardCharsets.UTF_8).length;
            require(
                    bytes >= 1 && bytes <= MAX_STOP_BYTES,
                    SamplingError.STOP,
                    "stop",
                    bytes == 0 ? "an empty string" : "a string of " + bytes + " bytes",
                    "strings of 1 to " + MAX_STOP_BYTES + " bytes",
                    "Leave it out or shorten it");
        }
        checkTokenIds(
                params.stopTokenIds(), vocabSize, SamplingError.STOP_TOKEN_IDS, "stop-token-ids");
    }

    private static void checkLogits(SamplingParams params, int vocabSize) {
        require(
                params.logprobs() >= -1 && params.logprobs() <= MAX_LOGPROBS,
                SamplingError.LOGPROBS,
                "logprobs",
                params.logprobs(),
                "an integer from 0 to " + MAX_LOGPROBS + ", or -1 for none",
                "Ask for fewer");
        checkTokenIds(
                params.logitBias().keySet(), vocabSize, SamplingError.LOGIT_BIAS, "logit-bias");
        for (Map.Entry<Integer, Float> bias : params.logitBias().entrySet()) {
            require(
                    Math.abs(bias.getValue()) <= MAX_LOGIT_BIAS,
                    SamplingError.LOGIT_BIAS,
                    "logit-bias of token " + bias.getKey(),
                    bias.getValue(),
                    "a number in [-100, 100]",
                    "Use allowed-token-ids to forbid tokens altogether");
        }
        checkTokenIds(
                params.allowedTokenIds(),
                vocabSize,
                SamplingError.ALLOWED_TOKEN_IDS,
                "allowed-token-ids");
    }

    /** These would end an answer, or keep it from its end, where its form does not allow it. */
    private static void checkFormat(SamplingParams params) {
        if (params.format() == null) {
            return;
        }
        requireUnset(params.minTokens() == 0, "min-tokens");
        requireUnset(params.stop().isEmpty(), "stop");
        requireUnset(params.stopTokenIds().isEmpty(), "stop-token-ids");
        requireUnset(params.allowedTokenIds().isEmpty(), "allowed-token-ids");
        requireUnset(!params.ignoreEos(), "ignore-eos");
    }

    private static void requireUnset(boolean unset, String where) {
        require(
                unset,
                SamplingError.FORMAT,
                where,
                "a value beside a form of answers",
                "none, as the form decides where an answer ends",
                "Leave out " + where + " or the form");
    }

    private static void checkTokenIds(
            Iterable<Integer> ids, int vocabSize, SamplingError error, String where) {
        for (int id : ids) {
            require(
                    id >= 0 && id < vocabSize,
                    error,
                    where,
                    "token id " + id,
                    "ids from 0 to " + (vocabSize - 1),
                    "Check that the ids belong to this model's tokenizer");
        }
    }

    private static void require(
            boolean allowed,
            SamplingError error,
            String where,
            Object given,
            String expected,
            String remedy) {
        if (!allowed) {
            throw new InvalidRequestException(
                    new Problem(error, where, String.valueOf(given), expected, remedy));
        }
    }
}
