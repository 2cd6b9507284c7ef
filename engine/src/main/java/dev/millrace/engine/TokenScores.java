package dev.millrace.engine;

import java.util.Arrays;
import java.util.List;

/**
 * Log-probabilities of given tokens: each row tells those of one or more tokens that might come behind it.
 *
 * <p>Thread-safety: none; made at submission, then owned by the engine thread.
 */
final class TokenScores implements RowUse {
    private final int firstRow;

    /** Targets of row {@code r} are {@code [cuTargets[r - firstRow], cuTargets[r - firstRow + 1])}. */
    private final int[] cuTargets;

    private final TokenIds targetIds;
    private final float[] logprobs;

    private TokenScores(int firstRow, int[] cuTargets, TokenIds targetIds) {
        this.firstRow = firstRow;
        this.cuTargets = cuTargets;
        this.targetIds = targetIds;
        this.logprobs = new float[targetIds.size()];
    }

    /** Of each token of the prompt but the first. */
    static TokenScores ofPrompt(TokenIds prompt) {
        int[] cuTargets = new int[prompt.size()];
        for (int i = 0; i < cuTargets.length; i++) {
            cuTargets[i] = i;
        }
        return new TokenScores(0, cuTargets, TokenIds.ofRange(prompt.toArray(), 1, prompt.size()));
    }

    /** Of {@code targets.get(i)} behind row {@code firstRow + i}. */
    static TokenScores of(int firstRow, List<int[]> targets) {
        int[] cuTargets = new int[targets.size() + 1];
        for (int i = 0; i < targets.size(); i++) {
            cuTargets[i + 1] = cuTargets[i] + targets.get(i).length;
        }
        int[] ids = targets.stream().flatMapToInt(Arrays::stream).toArray();
        return new TokenScores(firstRow, cuTargets, TokenIds.of(ids));
    }

    @Override
    public int firstRow() {
        return firstRow;
    }

    @Override
    public int endRow() {
        return firstRow + cuTargets.length - 1;
    }

    int numTargets(int row) {
        return cuTargets[row - firstRow + 1] - cuTargets[row - firstRow];
    }

    int targetId(int row, int target) {
        return targetIds.get(cuTargets[row - firstRow] + target);
    }

    /** Written by the runner. */
    void set(int row, int target, float logprob) {
        logprobs[cuTargets[row - firstRow] + target] = logprob;
    }

    /** ln p of the row's target given all tokens up to the row's own. */
    float logprob(int row, int target) {
        return logprobs[cuTargets[row - firstRow] + target];
    }
}
