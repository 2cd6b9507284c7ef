package dev.millrace.engine;

import java.util.ArrayList;
import java.util.List;

/**
 * How labels behind a prompt are scored in one prefill. Of each label all tokens but the last are computed, as the row before a token
 * tells its log-probability; so the prompt's last row tells those of all first tokens, and a label of one token costs no row of
 * its own. The longest label leads: its sequence computes the prompt, whose blocks the others take over.
 *
 * <p>Where one label's tokens begin another's, the shorter one would always be the likelier. Then each label is scored with the end
 * of the answer behind it: the sum of the probabilities of the model's end tokens.
 *
 * <p>Thread-safety: none; made at submission, then owned by the engine thread.
 */
final class LabelScoring {
    private final TokenIds prompt;
    private final List<TokenIds> labels;
    private final int[] endTokenIds;
    private final int leader;

    /** By label; null where the prompt's last row tells all. */
    private final TokenScores[] scores;

    private final List<Sequence> sequences = new ArrayList<>();

    LabelScoring(TokenIds prompt, List<TokenIds> labels, TokenIds endTokenIds) {
        this.prompt = prompt;
        this.labels = labels;
        this.endTokenIds = anyBeginsAnother(labels) ? endTokenIds.toArray() : new int[0];
        this.leader = longest(labels);
        this.scores = new TokenScores[labels.size()];
        addSequence(leader);
        for (int i = 0; i < labels.size(); i++) {
            if (i != leader && scoredTokens(i) > 1) {
                addSequence(i);
            }
        }
    }

    private static boolean anyBeginsAnother(List<TokenIds> labels) {
        for (TokenIds first : labels) {
            for (TokenIds second : labels) {
                if (first.size() < second.size() && second.beginsWith(first)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static int longest(List<TokenIds> labels) {
        int longest = 0;
        for (int i = 1; i < labels.size(); i++) {
            longest = labels.get(i).size() > labels.get(longest).size() ? i : longest;
        }
        return longest;
    }

    /** Tokens of a label, its end included where that counts. */
    private int scoredTokens(int label) {
        return labels.get(label).size() + (endTokenIds.length > 0 ? 1 : 0);
    }

    /** Most tokens that follow the prompt; the last one is never computed. */
    int mostTokens() {
        return scoredTokens(leader);
    }

    private void addSequence(int index) {
        TokenIds label = labels.get(index);
        List<int[]> targets = new ArrayList<>();
        if (index == leader) {
            targets.add(labels.stream().mapToInt(each -> each.get(0)).toArray());
        }
        for (int i = 1; i < label.size(); i++) {
            targets.add(new int[] {label.get(i)});
        }
        if (endTokenIds.length > 0) {
            targets.add(endTokenIds);
        }
        int firstRow = prompt.size() - (index == leader ? 1 : 0);
        scores[index] = TokenScores.of(firstRow, targets);
        TokenIds tokens = prompt.append(label, scoredTokens(index) - 1);
        sequences.add(new Sequence(index, tokens, prompt.size(), scores[index]));
    }

    /** The longest label's first, then the others that need rows of their own. */
    List<Sequence> sequences() {
        return sequences;
    }

    /** By label ln p(label | prompt): the sum over its tokens, in their order. */
    double[] logprobs() {
        double[] logprobs = new double[labels.size()];
        for (int i = 0; i < logprobs.length; i++) {
            logprobs[i] = scores[leader].logprob(prompt.size() - 1, i);
            for (int token = 1; token < labels.get(i).size(); token++) {
                logprobs[i] += scores[i].logprob(prompt.size() + token - 1, 0);
            }
            if (endTokenIds.length > 0) {
                logprobs[i] += endLogprob(scores[i], prompt.size() + labels.get(i).size() - 1);
            }
        }
        return logprobs;
    }

    private double endLogprob(TokenScores ofLabel, int row) {
        double[] ends = new double[endTokenIds.length];
        for (int i = 0; i < ends.length; i++) {
            ends[i] = ofLabel.logprob(row, i);
        }
        return Softmax.logSumExp(ends);
    }
}
