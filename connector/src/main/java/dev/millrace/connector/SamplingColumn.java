package dev.millrace.connector;

import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.Problem;
import dev.millrace.engine.SamplingParams;

/** A sampling parameter that a record may bring along. */
enum SamplingColumn {
    TEMPERATURE(false),
    TOP_P(false),
    TOP_K(true),
    MIN_P(false),
    REPETITION_PENALTY(false),
    PRESENCE_PENALTY(false),
    FREQUENCY_PENALTY(false),
    SEED(true),
    MAX_TOKENS(true),
    MIN_TOKENS(true);

    private final boolean whole;

    SamplingColumn(boolean whole) {
        this.whole = whole;
    }

    /** Whether fractions make no sense here. */
    boolean whole() {
        return whole;
    }

    /**
     * Sets the parameter; the engine checks its range.
     *
     * @throws InvalidRequestException if the number does not fit the parameter's type
     */
    void set(SamplingParams.Builder builder, Number value) {
        boolean fits = this == SEED || !whole || value.longValue() == value.intValue();
        if (!fits) {
            throw new InvalidRequestException(
                    new Problem(
                            RecordError.INVALID_SAMPLING_VALUE,
                            Names.of(this),
                            value.toString(),
                            "a number of 32 bits",
                            "Mend the record's sampling column"));
        }
        put(builder, value);
    }

    private SamplingParams.Builder put(SamplingParams.Builder builder, Number value) {
        return switch (this) {
            case TEMPERATURE -> builder.temperature(value.floatValue());
            case TOP_P -> builder.topP(value.floatValue());
            case TOP_K -> builder.topK(value.intValue());
            case MIN_P -> builder.minP(value.floatValue());
            case REPETITION_PENALTY -> builder.repetitionPenalty(value.floatValue());
            case PRESENCE_PENALTY -> builder.presencePenalty(value.floatValue());
            case FREQUENCY_PENALTY -> builder.frequencyPenalty(value.floatValue());
            case SEED -> builder.seed(value.longValue());
            case MAX_TOKENS -> builder.maxTokens(value.intValue());
            case MIN_TOKENS -> builder.minTokens(value.intValue());
        };
    }
}
