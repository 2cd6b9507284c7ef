package dev.millrace.engine.model;

import java.util.Objects;

/**
 * How a model norms.
 *
 * @param kind formula
 * @param epsilon added to the mean square, or the variance
 * @param unitOffset the checkpoint stores {@code weight − 1}
 * @param bias each norm has a bias beside its weight
 */
public record NormConfig(Kind kind, float epsilon, boolean unitOffset, boolean bias) {

    /** Formula of a norm. */
    public enum Kind {
        /** {@code x / √(mean(x²) + ε) · weight}. */
        RMS,
        /** {@code (x − mean(x)) / √(variance(x) + ε) · weight + bias}. */
        LAYER
    }

    public NormConfig {
        Objects.requireNonNull(kind, "kind");
    }

    /** RMSNorm with plain weights. */
    public static NormConfig rms(float epsilon) {
        return new NormConfig(Kind.RMS, epsilon, false, false);
    }
}
