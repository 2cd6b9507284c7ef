package dev.millrace.engine;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Scores labels, calibrated where the request asks for it. What labels have behind a prompt without content is the same for every
 * request with these labels, so it is kept; the first request computes both.
 *
 * <p>Source of the calibration: Zhao et al., Calibrate Before Use, arXiv 2102.09690, with one prompt without content.
 *
 * <p>Thread-safety: all methods may be called from any thread.
 */
final class Classifier {
    private static final int MAX_KEPT = 256;

    private final Function<LabelRequest, CompletableFuture<LabelScores>> scorer;
    private final Map<Baseline, LabelScores> kept = Collections.synchronizedMap(new Kept());

    /** {@code scorer} scores the labels of a request without calibration. */
    Classifier(Function<LabelRequest, CompletableFuture<LabelScores>> scorer) {
        this.scorer = scorer;
    }

    /** Names what is taken off: all that the log-probabilities of a request without content depend on. */
    private record Baseline(Prompt contentFree, List<String> labels) {}

    /** Forgets what was used least lately. */
    private static final class Kept extends LinkedHashMap<Baseline, LabelScores> {
        private static final long serialVersionUID = 1L;

        Kept() {
            super(16, 0.75f, true);
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<Baseline, LabelScores> eldest) {
            return size() > MAX_KEPT;
        }
    }

    /** As {@link LlmEngine#classify}. */
    CompletableFuture<LabelScores> classify(LabelRequest request) {
        if (!request.calibrated()) {
            return scorer.apply(request);
        }
        LabelRequest contentFree = request.withoutContent();
        Baseline key = new Baseline(contentFree.prompt(), contentFree.labels());
        LabelScores known = kept.get(key);
        CompletableFuture<LabelScores> baseline =
                known == null
                        ? scorer.apply(contentFree)
                        : CompletableFuture.completedFuture(known);
        try {
            return less(scorer.apply(request), baseline, off -> kept.put(key, off));
        } catch (LlmException e) {
            baseline.cancel(false);
            throw e;
        }
    }

    /** Ends as soon as one of both fails; when it ends so, or is cancelled, both are withdrawn. */
    private static CompletableFuture<LabelScores> less(
            CompletableFuture<LabelScores> scores,
            CompletableFuture<LabelScores> baseline,
            Consumer<LabelScores> keep) {
        CompletableFuture<LabelScores> result = new CompletableFuture<>();
        CompletableFuture<Void> both =
                scores.thenAcceptBoth(
                        baseline,
                        (all, off) -> {
                            keep.accept(off);
                            result.complete(all.less(off));
                        });
        List<CompletableFuture<?>> unused =
                List.of(
                        both,
                        whenFailed(scores, result::completeExceptionally),
                        whenFailed(baseline, result::completeExceptionally),
                        whenFailed(result, error -> scores.cancel(false)),
                        whenFailed(result, error -> baseline.cancel(false)));
        return result;
    }

    private static CompletableFuture<LabelScores> whenFailed(
            CompletableFuture<LabelScores> future, Consumer<Throwable> action) {
        return future.whenComplete(
                (value, error) -> {
                    if (error != null) {
                        action.accept(error);
                    }
                });
    }
}
