package dev.millrace.engine.model;

import java.util.Objects;

/**
 * What all attention layers of a model share.
 *
 * @param scale factor of the scores
 * @param softCap soft cap of the scores; 0 for none
 * @param qkvBias q, k and v projections have a bias
 * @param outputBias the projection after attention has a bias
 * @param qkNorm RMSNorm of queries and keys before rotation
 * @param sinks every head has one more score, of no token, in its softmax
 */
public record AttentionConfig(
        float scale,
        float softCap,
        boolean qkvBias,
        boolean outputBias,
        QkNorm qkNorm,
        boolean sinks) {

    /** What a norm of queries and keys runs over. */
    public enum QkNorm {
        NONE,
        /** Each head by itself, all with one weight. */
        HEAD,
        /** All heads together. */
        FULL
    }

    public AttentionConfig {
        Objects.requireNonNull(qkNorm, "qkNorm");
    }
}
