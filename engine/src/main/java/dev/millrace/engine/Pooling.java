package dev.millrace.engine;

/** How the hidden states of a prompt's tokens become one vector. */
public enum Pooling {
    /** The mean over all tokens. */
    MEAN,
    /** The state of the last token, which alone has seen the whole prompt. */
    LAST
}
