package dev.millrace.kernels;

/** Gate function of an MLP. */
public enum Activation {
    /** {@code x · sigmoid(x)}. */
    SILU,
    /** {@code 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³)))}. */
    GELU_TANH
}
