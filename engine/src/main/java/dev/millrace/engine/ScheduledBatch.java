package dev.millrace.engine;

import java.util.Arrays;

/**
 * What one step computes: sequences, how many tokens of each, and which shared blocks are copied first; afterwards, the
 * tokens that were drawn.
 *
 * <p>Made once and filled anew by each step, so that a step allocates nothing.
 *
 * <p>Thread-safety: none; owned by the engine thread.
 */
final class ScheduledBatch {
    private final Sequence[] sequences;
    private final int[] numScheduledTokens;
    private final boolean[] catchesUp;
    private final boolean[] samples;
    private final int[] sampledTokenIds;
    private final TokenLogprob[] sampledLogprobs;
    private final int[] blockCopies;
    private int size;
    private int numTokens;
    private int numSampled;
    private boolean wantsLogprobs;
    private int numBlockCopies;

    ScheduledBatch(int maxNumSeqs) {
        sequences = new Sequence[maxNumSeqs];
        numScheduledTokens = new int[maxNumSeqs];
        catchesUp = new boolean[maxNumSeqs];
        samples = new boolean[maxNumSeqs];
        sampledTokenIds = new int[maxNumSeqs];
        sampledLogprobs = new TokenLogprob[maxNumSeqs];
        blockCopies = new int[2 * maxNumSeqs];
    }

    void clear() {
        Arrays.fill(sequences, 0, size, null);
        Arrays.fill(sampledLogprobs, 0, size, null);
        size = 0;
        numTokens = 0;
        numSampled = 0;
        wantsLogprobs = false;
        numBlockCopies = 0;
    }

    void add(Sequence sequence, int scheduledTokens) {
        int end = sequence.numComputedTokens + scheduledTokens;
        sequences[size] = sequence;
        catchesUp[size] = end == sequence.numTokensWithUnread();
        samples[size] = catchesUp[size] && sequence.draws();
        if (samples[size]) {
            numSampled++;
            wantsLogprobs |= sequence.sampling.logprobs() >= 0;
        }
        numScheduledTokens[size++] = scheduledTokens;
        numTokens += scheduledTokens;
    }

    /** The block {@code source} is copied to {@code target} before anything is computed. */
    void addBlockCopy(int source, int target) {
        blockCopies[2 * numBlockCopies] = source;
        blockCopies[2 * numBlockCopies + 1] = target;
        numBlockCopies++;
    }

    /** Sequences in this step. */
    int size() {
        return size;
    }

    /** Tokens in this step. */
    int numTokens() {
        return numTokens;
    }

    Sequence sequence(int i) {
        return sequences[i];
    }

    /** Tokens of sequence {@code i} that this step computes, from what was its {@code numComputedTokens} on. */
    int numScheduledTokens(int i) {
        return numScheduledTokens[i];
    }

    /** Whether all tokens of sequence {@code i} are computed after this step. */
    boolean catchesUp(int i) {
        return catchesUp[i];
    }

    /** Whether sequence {@code i} has caught up after this step and gets a new token. */
    boolean samples(int i) {
        return samples[i];
    }

    /** Sequences that get a new token. */
    int numSampled() {
        return numSampled;
    }

    /** Whether any of the new tokens is wanted with its log-probability. */
    boolean wantsLogprobs() {
        return wantsLogprobs;
    }

    int numBlockCopies() {
        return numBlockCopies;
    }

    /** Source and target of each copy, in turn. */
    int[] blockCopies() {
        return blockCopies;
    }

    /** Written by the runner: the token drawn for sequence {@code i}, −1 if its logits were not finite. */
    void setSampled(int i, int tokenId, TokenLogprob logprob) {
        sampledTokenIds[i] = tokenId;
        sampledLogprobs[i] = logprob;
    }

    int sampledTokenId(int i) {
        return sampledTokenIds[i];
    }

    /** Null unless asked for. */
    TokenLogprob sampledLogprob(int i) {
        return sampledLogprobs[i];
    }
}
