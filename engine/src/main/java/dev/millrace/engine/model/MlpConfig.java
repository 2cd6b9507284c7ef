package dev.millrace.engine.model;

import dev.millrace.kernels.Activation;

/** The second half of a layer. */
public sealed interface MlpConfig {

    /** F: elements inside. */
    int size();

    /** Function inside. */
    Activation activation();

    /** Rows that a token has inside: one for each expert that it goes to. */
    default int rowsPerToken() {
        return 1;
    }

    /** {@code down(activation(gate(x)) · up(x))}; {@code bias}: all three have one. */
    record Gated(int size, Activation activation, boolean bias) implements MlpConfig {}

    /** {@code down(activation(up(x)))}; {@code bias}: both have one. */
    record Plain(int size, Activation activation, boolean bias) implements MlpConfig {}

    /**
     * Gated MLPs of which a router picks a few for each token.
     *
     * @param count experts
     * @param perToken experts that a token goes to
     * @param normalized their weights add up to 1; otherwise they are shares of all experts' softmax
     * @param size F of one expert
     * @param bias router and experts have biases
     */
    record Experts(
            int count,
            int perToken,
            boolean normalized,
            int size,
            Activation activation,
            boolean bias)
            implements MlpConfig {

        @Override
        public int rowsPerToken() {
            return perToken;
        }
    }
}
