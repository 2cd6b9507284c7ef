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
 */
record ModelInfo(
        String name, int maxModelLen, int vocabSize, TokenIds eosTokenIds, String fingerprint) {
    ModelInfo {
        Objects.requireNonNull(name);
        Objects.requireNonNull(eosTokenIds);
        Objects.requireNonNull(fingerprint);
    }
}
