package dev.millrace.engine.model;

import java.util.Objects;

/**
 * What differs from layer to layer.
 *
 * @param slidingWindow how many tokens a token sees, itself included; 0 for all
 * @param rope which of the model's rotations turns queries and keys; {@link #NO_ROPE} for none
 * @param mlp what follows attention
 */
public record LayerConfig(int slidingWindow, int rope, MlpConfig mlp) {
    /** Queries and keys stay as they are. */
    public static final int NO_ROPE = -1;

    public LayerConfig {
        Objects.requireNonNull(mlp, "mlp");
    }
}
