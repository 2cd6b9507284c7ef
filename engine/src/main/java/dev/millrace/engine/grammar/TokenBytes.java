package dev.millrace.engine.grammar;

import java.util.BitSet;

/**
 * The bytes that each token adds to an answer.
 *
 * <p>Thread-safety: immutable, as long as nobody writes to the arrays.
 */
public final class TokenBytes {
    private final byte[][] bytes;
    private final int width;

    /**
     * A vocabulary.
     *
     * @param bytes by token id; null for special tokens and ids without a token, which no constrained answer contains
     * @param width ids of the model's logits, at least {@code bytes.length}
     */
    public TokenBytes(byte[][] bytes, int width) {
        if (width < bytes.length) {
            throw new IllegalArgumentException(bytes.length + " tokens, but logits of " + width);
        }
        this.bytes = bytes;
        this.width = width;
    }

    /** Null for an id without bytes. */
    byte[] of(int tokenId) {
        return tokenId < bytes.length ? bytes[tokenId] : null;
    }

    /** Ids that may have bytes are below this. */
    int size() {
        return bytes.length;
    }

    /** Ids of the model's logits. */
    int width() {
        return width;
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
