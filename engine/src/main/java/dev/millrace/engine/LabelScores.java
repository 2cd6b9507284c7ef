package dev.millrace.engine;

import java.util.ArrayList;
import java.util.List;

/**
 * The answer to a {@link LabelRequest}.
 *
 * @param scores one for each label, in the order of the request
 * @param usage token counts of the prompt; no tokens are generated
 */
public record LabelScores(List<LabelScore> scores, Usage usage) {

    public LabelScores {
        scores = List.copyOf(scores);
    }

    /** The scores of labels with these log-probabilities. */
    static LabelScores of(List<String> labels, double[] logprobs, Usage usage) {
        double normalizer = Softmax.logSumExp(logprobs);
        List<LabelScore> scores = new ArrayList<>(logprobs.length);
        for (int i = 0; i < logprobs.length; i++) {
            double probability = StrictMath.exp(logprobs[i] - normalizer);
            scores.add(new LabelScore(labels.get(i), logprobs[i], probability));
        }
        return new LabelScores(scores, usage);
    }

    /** These scores with those of the same labels behind a prompt without content taken off. */
    LabelScores less(LabelScores contentFree) {
        double[] logprobs = new double[scores.size()];
        for (int i = 0; i < logprobs.length; i++) {
            logprobs[i] = scores.get(i).logprob() - contentFree.scores.get(i).logprob();
        }
        return of(scores.stream().map(LabelScore::label).toList(), logprobs, usage);
    }

    /** The most likely label; the first one of equals. */
    public LabelScore best() {
        LabelScore best = scores.get(0);
        for (LabelScore score : scores) {
            best = score.logprob() > best.logprob() ? score : best;
        }
        return best;
    }
}
