package dev.millrace.engine.grammar;

import java.util.BitSet;

/**
 * The bytes that each token adds to an answer.
 *
 * @param bytes by token id; null for special tokens and ids without a token, which no constrained answer contains
 * @param width ids of the model's logits, at least {@code bytes.length}
 */
public record TokenBytes(byte[][] bytes, int width) {

    public TokenBytes {
        if (width < bytes.length) {
            throw new IllegalArgumentException(bytes.length + " tokens, but logits of " + width);
        }
    }

    /** Bytes that are a token by themselves: a shortest way through them is one that tokens can go. */
    BitSet single() {
        BitSet single = new BitSet(256);
        for (byte[] token : bytes) {
            if (token != null && token.length == 1) {
                single.set(token[0] & 0xff);
            }
        }
        return single;
    }
}
