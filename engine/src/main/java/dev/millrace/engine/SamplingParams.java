package dev.millrace.engine;

import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * How tokens are chosen and when to stop. {@link SamplingRules} says what is allowed; the engine checks at submission.
 *
 * @param temperature 0 is greedy; ties go to the lowest token id
 * @param topP keeps the most likely tokens that together reach this probability; 1 is off
 * @param topK keeps this many most likely tokens; 0 is off
 * @param minP keeps tokens at least this many times as likely as the best one; 0 is off
 * @param repetitionPenalty divides positive and multiplies negative logits of tokens seen in prompt or answer; 1 is off
 * @param presencePenalty subtracted from the logits of tokens in the answer; 0 is off
 * @param frequencyPenalty subtracted once for each time a token stands in the answer; 0 is off
 * @param seed with the token's position the only source of random numbers
 * @param stop strings that end the answer; not part of its text
 * @param stopTokenIds tokens that end the answer beside the model's own
 * @param minTokens no end before this many tokens
 * @param maxTokens most tokens of an answer
 * @param ignoreEos the model's own end tokens do not end the answer
 * @param n answers for each request
 * @param logprobs most likely tokens to report at each position; −1 for no log-probabilities at all
 * @param promptLogprobs report the log-probability of each prompt token
 * @param logitBias added to the logits of these tokens
 * @param allowedTokenIds only these may be chosen; empty for all
 * @param format the form that the answer is forced into; null for none
 */
public record SamplingParams(
        float temperature,
        float topP,
        int topK,
        float minP,
        float repetitionPenalty,
        float presencePenalty,
        float frequencyPenalty,
        long seed,
        List<String> stop,
        Set<Integer> stopTokenIds,
        int minTokens,
        int maxTokens,
        boolean ignoreEos,
        int n,
        int logprobs,
        boolean promptLogprobs,
        Map<Integer, Float> logitBias,
        Set<Integer> allowedTokenIds,
        AnswerFormat format)
        implements Serializable {

    /** Length of an answer when nothing else is said. */
    public static final int DEFAULT_MAX_TOKENS = 256;

    public SamplingParams {
        stop = List.copyOf(stop);
        stopTokenIds = Set.copyOf(stopTokenIds);
        logitBias = Map.copyOf(logitBias);
        allowedTokenIds = Set.copyOf(allowedTokenIds);
    }

    /** Greedy, up to {@code maxTokens} tokens. */
    public static SamplingParams greedy(int maxTokens) {
        return builder().temperature(0).maxTokens(maxTokens).build();
    }

    /** Starts from the defaults: temperature 1, everything else off. */
    public static Builder builder() {
        return new Builder();
    }

    /** Starts from these. */
    public Builder toBuilder() {
        return new Builder()
                .temperature(temperature)
                .topP(topP)
                .topK(topK)
                .minP(minP)
                .repetitionPenalty(repetitionPenalty)
                .presencePenalty(presencePenalty)
                .frequencyPenalty(frequencyPenalty)
                .seed(seed)
                .stop(stop)
                .stopTokenIds(stopTokenIds)
                .minTokens(minTokens)
                .maxTokens(maxTokens)
                .ignoreEos(ignoreEos)
                .n(n)
                .logprobs(logprobs)
                .promptLogprobs(promptLogprobs)
                .logitBias(logitBias)
                .allowedTokenIds(allowedTokenIds)
                .format(format);
    }

    /** Whether any penalty needs the tokens seen so far. */
    public boolean hasPenalty() {
        return repetitionPenalty != 1 || presencePenalty != 0 || frequencyPenalty != 0;
    }

    /**
     * Collects the parameters that differ from the defaults.
     *
     * <p>Thread-safety: none.
     */
    public static final class Builder {
        private float temperature = 1;
        private float topP = 1;
        private int topK;
        private float minP;
        private float repetitionPenalty = 1;
        private float presencePenalty;
        private float frequencyPenalty;
        private long seed;
        private List<String> stop = List.of();
        private Set<Integer> stopTokenIds = Set.of();
        private int minTokens;
        private int maxTokens = DEFAULT_MAX_TOKENS;
        private boolean ignoreEos;
        private int n = 1;
        private int logprobs = -1;
        private boolean promptLogprobs;
        private Map<Integer, Float> logitBias = Map.of();
        private Set<Integer> allowedTokenIds = Set.of();
        private AnswerFormat format;

        private Builder() {}

        public Builder temperature(float value) {
            temperature = value;
            return this;
        }

        public Builder topP(float value) {
            topP = value;
            return this;
        }

        public Builder topK(int value) {
            topK = value;
            return this;
        }

        public Builder minP(float value) {
            minP = value;
            return this;
        }

        public Builder repetitionPenalty(float value) {
            repetitionPenalty = value;
            return this;
        }

        public Builder presencePenalty(float value) {
            presencePenalty = value;
            return this;
        }

        public Builder frequencyPenalty(float value) {
            frequencyPenalty = value;
            return this;
        }

        public Builder seed(long value) {
            seed = value;
            return this;
        }

        public Builder stop(List<String> value) {
            stop = Objects.requireNonNull(value);
            return this;
        }

        public Builder stopTokenIds(Set<Integer> value) {
            stopTokenIds = Objects.requireNonNull(value);
            return this;
        }

        public Builder minTokens(int value) {
            minTokens = value;
            return this;
        }

        public Builder maxTokens(int value) {
            maxTokens = value;
            return this;
        }

        public Builder ignoreEos(boolean value) {
            ignoreEos = value;
            return this;
        }

        public Builder n(int value) {
            n = value;
            return this;
        }

        public Builder logprobs(int value) {
            logprobs = value;
            return this;
        }

        public Builder promptLogprobs(boolean value) {
            promptLogprobs = value;
            return this;
        }

        public Builder logitBias(Map<Integer, Float> value) {
            logitBias = Objects.requireNonNull(value);
            return this;
        }

        public Builder allowedTokenIds(Set<Integer> value) {
            allowedTokenIds = Objects.requireNonNull(value);
            return this;
        }

        public Builder format(AnswerFormat value) {
            format = value;
            return this;
        }

        public SamplingParams build() {
            return new SamplingParams(
                    temperature,
                    topP,
                    topK,
                    minP,
                    repetitionPenalty,
                    presencePenalty,
                    frequencyPenalty,
                    seed,
                    stop,
                    stopTokenIds,
                    minTokens,
                    maxTokens,
                    ignoreEos,
                    n,
                    logprobs,
                    promptLogprobs,
                    logitBias,
                    allowedTokenIds,
                    format);
        }
    }
}
