package dev.millrace.engine;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;

/**
 * One output in the making: its tokens, how many of them have keys and values, and where those lie.
 *
 * <p>{@code numTokens} counts prompt and generated tokens, {@code numComputedTokens} those whose keys and values exist for the
 * next step. A step computes some of the difference; when none is left, it also draws the next token. A fresh prompt, a
 * chunk of it, a prefix hit, a preempted sequence and a restored one are the same thing seen this way.
 *
 * <p>While the device works on a step, the host is ahead of it: the token that the step draws exists for the next step, but
 * here it is unread, a number without a value.
 *
 * <p>Thread-safety: owned by the engine thread. {@link #progress()} may be called from any thread: tokens are written
 * before the volatile count that makes them visible, and never change.
 */
final class Sequence {
    private static final AtomicIntegerFieldUpdater<Sequence> NUM_TOKENS =
            AtomicIntegerFieldUpdater.newUpdater(Sequence.class, "numTokens");

    final int index;

    /** How tokens are drawn; null if the sequence's tokens are all given. */
    final SamplingParams sampling;

    final long seed;
    final int numPromptTokens;
    final BlockTable blockTable = new BlockTable();

    /** What the hidden states of its rows are read for; null for nothing but drawing tokens. */
    final RowUse rowUse;

    /** Place in the waiting queue and the running list. */
    final SchedulingState scheduling = new SchedulingState();

    int numComputedTokens;

    /** Rows before this one have been read for {@link #rowUse}. */
    int numReadRows;

    /** Tokens that launched steps draw and that have not been read; of a sequence that draws none, whether its end is on its way. */
    int numUnreadTokens;

    /** Written by the runner: row of the last unread token among all that its step draws. */
    int drawnRow;

    private int[] tokens;
    private TokenLogprob[] logprobs;
    private volatile int numTokens;

    /** A sequence with its prompt and what it already had generated. */
    Sequence(SamplingParams sampling, int index, long seed, TokenIds prompt, Progress resumed) {
        this.index = index;
        this.sampling = sampling;
        this.seed = seed;
        this.numPromptTokens = prompt.size();
        boolean scoresPrompt = sampling.promptLogprobs() && index == 0;
        this.rowUse = scoresPrompt ? TokenScores.ofPrompt(prompt) : null;
        int given = prompt.size() + resumed.tokenIds().size();
        this.tokens = new int[given + Math.min(sampling.maxTokens(), 64)];
        prompt.copyTo(tokens, 0);
        resumed.tokenIds().copyTo(tokens, prompt.size());
        this.logprobs =
                new TokenLogprob[sampling.logprobs() >= 0 ? tokens.length - prompt.size() : 0];
        for (int i = 0; i < resumed.logprobs().size(); i++) {
            logprobs[i] = resumed.logprobs().get(i);
        }
        this.numTokens = given;
    }

    /** A sequence of given tokens, of which others may share the first {@code numPromptTokens}. */
    Sequence(int index, TokenIds tokens, int numPromptTokens, RowUse rowUse) {
        this.index = index;
        this.sampling = null;
        this.seed = 0;
        this.numPromptTokens = numPromptTokens;
        this.rowUse = rowUse;
        this.tokens = tokens.toArray();
        this.logprobs = new TokenLogprob[0];
        this.numTokens = tokens.size();
    }

    /** Whether tokens are drawn: if not, the sequence ends when its own are computed. */
    boolean draws() {
        return sampling != null;
    }

    /** First row that must be computed and not taken from elsewhere; the last one always must. */
    int firstNeededRow() {
        int last = numTokens - 1;
        if (rowUse == null || numReadRows >= rowUse.endRow()) {
            return last;
        }
        return Math.min(last, firstUnreadRow());
    }

    /** First row that is still to be read for {@link #rowUse}. */
    int firstUnreadRow() {
        return Math.max(rowUse.firstRow(), numReadRows);
    }

    /** Prompt and generated tokens. */
    int numTokens() {
        return numTokens;
    }

    /** As {@link #numTokens}, and the unread ones. */
    int numTokensWithUnread() {
        return numTokens + numUnreadTokens;
    }

    int numGeneratedTokens() {
        return numTokens - numPromptTokens;
    }

    int tokenId(int position) {
        return tokens[position];
    }

    /** Whether the next token to draw may not be an end or stop token. */
    boolean suppressStop() {
        return numTokensWithUnread() - numPromptTokens < sampling.minTokens();
    }

    /** Copies the tokens {@code [from, from + count)} to {@code target[offset ..]}. */
    void copyTokens(int from, int count, int[] target, int offset) {
        System.arraycopy(tokens, from, target, offset, count);
    }

    /** As {@link #copyTokens}, but of the unread token, of which there is at most one, the row r as −1 − r. */
    void copyTokensOrRows(int from, int count, int[] target, int offset) {
        int read = Math.min(count, numTokens - from);
        copyTokens(from, read, target, offset);
        if (read < count) {
            target[offset + read] = -1 - drawnRow;
        }
    }

    /** Appends a drawn token; {@code logprob} is null when none was asked for. */
    void append(int tokenId, TokenLogprob logprob) {
        int count = numTokens;
        if (count == tokens.length) {
            grow();
        }
        tokens[count] = tokenId;
        if (logprob != null) {
            logprobs[count - numPromptTokens] = logprob;
        }
        // Readers need the token before the count, not the count at once: a full fence for each
        // token would wait for the write.
        NUM_TOKENS.lazySet(this, count + 1);
    }

    private void grow() {
        int length = 2 * tokens.length;
        tokens = Arrays.copyOf(tokens, length);
        if (sampling.logprobs() >= 0) {
            logprobs = Arrays.copyOf(logprobs, length - numPromptTokens);
        }
    }

    /** What has been generated; a prefix of what will be. */
    Progress progress() {
        int count = numTokens;
        TokenIds ids = TokenIds.ofRange(tokens, numPromptTokens, count);
        if (sampling.logprobs() < 0) {
            return new Progress(ids, List.of());
        }
        return new Progress(ids, Arrays.asList(logprobs).subList(0, count - numPromptTokens));
    }
}
