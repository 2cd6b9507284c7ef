package dev.millrace.engine;

import java.util.Objects;

/**
 * What the engine must know of a loaded model.
 *
 * @param name names the engine thread and messages
 * @param maxModelLen most tokens of prompt and answer together
 * @param vocabSize token ids are below this
 * @param eosTokenIds tokens with which the model ends an answer
 * @param fingerprint a hash over the checkpoint's configuration and its tensor index
 * @param window how many tokens a token sees in any layer, itself included; 0 for all
 * @param shortRopePositions sequences that may grow beyond this many tokens turn by other angles than short ones; 0 if all turn
 *     by the same
 */
record ModelInfo(
        String name,
        int maxModelLen,
        int vocabSize,
        TokenIds eosTokenIds,
        String fingerprint,
        int window,
        int shortRopePositions) {
    /** A model that sees all tokens, and turns all alike. */
    ModelInfo(
            String name, int maxModelLen, int vocabSize, TokenIds eosTokenIds, String fingerprint) {
        this(name, maxModelLen, vocabSize, eosTokenIds, fingerprint, 0, 0);
    }

    ModelInfo {
        Objects.requireNonNull(name);
        Objects.requireNonNull(eosTokenIds);
        Objects.requireNonNull(fingerprint);
    }

    /**
     * Rows of the rotation table before those of a sequence of at most {@code maxTokens} tokens. A sequence keeps to one set of
     * angles from its first token on, so that its bits do not depend on when it passes the limit.
     */
    int ropeOffset(int maxTokens) {
        return shortRopePositions > 0 && maxTokens > shortRopePositions ? shortRopePositions : 0;
    }
}
