package dev.millrace.engine;

import dev.millrace.engine.model.Decoder;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Reads what sequences want of their hidden states beside the next token ({@link RowUse}). It waits for the step, as a sequence
 * may need its result before the next one.
 *
 * <p>Only rows with targets go through the head, those of all sequences together, and each once however many targets it has.
 *
 * <p>Thread-safety: none; owned by the engine thread.
 */
final class RowReader {
    private static final Comparator<ScoredRow> MOST_TARGETS_FIRST =
            Comparator.comparingInt(row -> -row.numTargets());

    private final Kernels kernels;
    private final Decoder decoder;
    private final int maxRows;
    private final Tensor rowIndexes;
    private final Tensor hidden;
    private final Tensor logits;
    private final Tensor targets;
    private final Tensor targetLogprobs;
    private final int[] ids;
    private final float[] logprobs;
    private final List<ScoredRow> scored = new ArrayList<>();
    private float[] states = new float[0];

    /**
     * A reader.
     *
     * @param hidden A [maxRows, E], overwritten
     * @param logits F32 [maxRows, V], overwritten
     */
    RowReader(Kernels kernels, Decoder decoder, Tensor hidden, Tensor logits) {
        this.kernels = kernels;
        this.decoder = decoder;
        this.maxRows = hidden.rows();
        this.hidden = hidden;
        this.logits = logits;
        rowIndexes = kernels.allocate(DType.INT32, 1, maxRows, "batch");
        targets = kernels.allocate(DType.INT32, 1, maxRows, "batch");
        targetLogprobs = kernels.allocate(DType.F32, 1, maxRows, "batch");
        ids = new int[maxRows];
        logprobs = new float[maxRows];
    }

    /**
     * A row that goes through the head.
     *
     * @param index row of the step
     * @param position row of its sequence
     */
    private record ScoredRow(int index, TokenScores scores, int position) {
        int numTargets() {
            return scores.numTargets(position);
        }
    }

    /** Reads the rows of a step from its last hidden states A [T, E]. */
    void read(ScheduledBatch batch, Tensor normed) {
        // A step that found no memory may have left some.
        scored.clear();
        int firstRow = 0;
        for (int s = 0; s < batch.size(); s++) {
            Sequence sequence = batch.sequence(s);
            if (sequence.rowUse != null) {
                // Of the rows that the step computes, those that are used and were not read before.
                int computed = sequence.numComputedTokens;
                int from = Math.max(sequence.firstUnreadRow(), computed);
                int end =
                        Math.min(sequence.rowUse.endRow(), computed + batch.numScheduledTokens(s));
                read(sequence.rowUse, from, end, firstRow - computed, normed);
            }
            firstRow += batch.numScheduledTokens(s);
        }
        score(normed);
    }

    /** {@code offset}: row of the step less row of the sequence. */
    private void read(RowUse use, int from, int end, int offset, Tensor normed) {
        if (use instanceof PooledStates pooled) {
            // Some may have been added by a step that found no memory and is computed again.
            pool(pooled, Math.max(from, pooled.nextRow()) + offset, end + offset, normed);
            return;
        }
        TokenScores scores = (TokenScores) use;
        for (int position = from; position < end; position++) {
            if (scored.size() == maxRows) {
                score(normed);
            }
            scored.add(new ScoredRow(position + offset, scores, position));
        }
    }

    private void pool(PooledStates pooled, int from, int end, Tensor normed) {
        int columns = normed.columns();
        states = states.length == 0 ? new float[maxRows * columns] : states;
        for (int start = from; start < end; start += maxRows) {
            int count = Math.min(maxRows, end - start);
            kernels.copyOut(normed.rows(start, start + count), count * columns, states);
            pooled.add(states, count, columns, decoder.stateScale());
        }
    }

    /** Scores the rows that were put together; the i-th targets of those that have so many are one operation. */
    private void score(Tensor normed) {
        if (scored.isEmpty()) {
            return;
        }
        scored.sort(MOST_TARGETS_FIRST);
        int count = scored.size();
        for (int i = 0; i < count; i++) {
            ids[i] = scored.get(i).index();
        }
        kernels.copyIn(ids, count, rowIndexes);
        kernels.gatherRows(hidden, normed, rowIndexes, count);
        decoder.logits(logits, hidden, count);
        for (int target = 0; count > 0; target++) {
            while (count > 0 && scored.get(count - 1).numTargets() <= target) {
                count--;
            }
            score(target, count);
        }
        scored.clear();
    }

    private void score(int target, int count) {
        if (count == 0) {
            return;
        }
        for (int i = 0; i < count; i++) {
            ScoredRow row = scored.get(i);
            ids[i] = row.scores().targetId(row.position(), target);
        }
        kernels.copyIn(ids, count, targets);
        kernels.tokenLogprobs(targetLogprobs, logits, targets, count);
        kernels.copyOut(targetLogprobs, count, logprobs);
        for (int i = 0; i < count; i++) {
            scored.get(i).scores().set(scored.get(i).position(), target, logprobs[i]);
        }
    }
}
