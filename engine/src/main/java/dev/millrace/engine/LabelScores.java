package dev.millrace.engine;

import java.util.List;

/**
 * The answer to a {@link LabelRequest}.
 *
 * @param scores one for each label, in the order of the request
 * @param usage token counts; labels count as generated tokens
 */
public record LabelScores(List<LabelScore> scores, Usage usage) {

    public LabelScores {
        scores = List.copyOf(scores);
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
