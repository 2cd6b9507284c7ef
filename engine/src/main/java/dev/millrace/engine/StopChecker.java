package dev.millrace.engine;

import dev.millrace.engine.grammar.GrammarError;
import dev.millrace.engine.grammar.GrammarState;
import java.util.List;

/**
 * Decides after each token whether an answer ends: end and stop tokens, stop strings, its form, lengths.
 *
 * <p>Text is only made when there are stop strings. Of several, the one that begins first counts. Before {@code
 * minTokens} nothing but the length ends an answer.
 *
 * <p>Thread-safety: none.
 */
final class StopChecker {
    private final int[] stopTokenIds;
    private final int minTokens;
    private final int maxTokens;
    private final List<String> stopStrings;
    private final int longestStop;
    private final TextStream stream;
    private final GrammarState form;
    private final StringBuilder text = new StringBuilder(0);
    private int searchable;
    private int cutAt = -1;
    private boolean endsWithStopToken;

    /**
     * A checker for one answer.
     *
     * @param stopTokenIds tokens that end it
     * @param maxTokens its greatest length
     * @param stream null if there are no stop strings
     * @param form null if the answer has no form
     */
    StopChecker(
            int[] stopTokenIds,
            SamplingParams sampling,
            int maxTokens,
            TextStream stream,
            GrammarState form) {
        this.stopTokenIds = stopTokenIds;
        this.minTokens = sampling.minTokens();
        this.maxTokens = maxTokens;
        this.stopStrings = sampling.stop();
        this.longestStop = stopStrings.stream().mapToInt(String::length).max().orElse(0);
        this.stream = stream;
        this.form = form;
    }

    /**
     * Takes the next token, which is the {@code count}-th; null if more may follow.
     *
     * @throws InvalidRequestException if it has no text, or the answer's form does not allow it
     */
    FinishReason accept(int tokenId, int count) {
        if (count > minTokens && isStopToken(tokenId)) {
            endsWithStopToken = true;
            return FinishReason.STOP;
        }
        if (stream != null && acceptText(AnswerText.append(stream, tokenId), count)) {
            return FinishReason.STOP;
        }
        if (form != null && acceptForm(tokenId, count)) {
            return FinishReason.STOP;
        }
        return count >= maxTokens ? FinishReason.LENGTH : null;
    }

    private boolean acceptForm(int tokenId, int count) {
        if (!form.accept(tokenId)) {
            throw new InvalidRequestException(
                    new Problem(
                            GrammarError.MISMATCH,
                            "answer",
                            "token " + tokenId + " at place " + count,
                            "a token that the answer's form allows",
                            "Report this; it is a fault of the engine"));
        }
        return form.complete();
    }

    /** The answer's place in its form; null if it has none. */
    GrammarState form() {
        return form;
    }

    private boolean isStopToken(int tokenId) {
        for (int id : stopTokenIds) {
            if (id == tokenId) {
                return true;
            }
        }
        return false;
    }

    private boolean acceptText(String added, int count) {
        int from = Math.max(searchable, text.length() - longestStop + 1);
        text.append(added);
        if (count <= minTokens) {
            searchable = text.length();
            return false;
        }
        for (int i = 0; i < stopStrings.size(); i++) {
            int at = text.indexOf(stopStrings.get(i), from);
            if (at >= 0 && (cutAt < 0 || at < cutAt)) {
                cutAt = at;
            }
        }
        return cutAt >= 0;
    }

    /** Whether a stop string ended the answer. */
    boolean cutsText() {
        return cutAt >= 0;
    }

    /** The answer before the stop string. */
    String textBeforeStop() {
        return text.substring(0, cutAt);
    }

    /** Whether the last token is not part of the text. */
    boolean endsWithStopToken() {
        return endsWithStopToken;
    }
}
