package dev.millrace.kernels;

/** Function inside an MLP. */
public enum Activation {
    /** {@code x · sigmoid(x)}. */
    SILU,
    /** {@code 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³)))}. */
    GELU_TANH,
    /**
     * {@code g · sigmoid(1.702 g)} of {@code g = min(x, 7)}; as a gate, times {@code max(−7, min(up, 7)) + 1} instead of up.
     * Source: gpt-oss.
     */
    CLAMPED_SILU
}
