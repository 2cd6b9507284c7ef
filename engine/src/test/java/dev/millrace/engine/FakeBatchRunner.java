package dev.millrace.engine;

import dev.millrace.kernels.DeviceError;
import dev.millrace.kernels.DeviceProblem;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * A runner whose next token is a hash of the sequence's own tokens, its seed and the position.
 *
 * <p>It keeps a KV cache that holds for each slot the token and the position written last. Before it draws a token it
 * "attends": every earlier slot in its window must hold this sequence's token at this position. So a block that was shared,
 * copied, freed or reused wrongly is seen at once. It also checks that no slot is written by two sequences and that the
 * batch keeps to its limits.
 *
 * <p>A step ahead it works as a device does: drawn tokens are told a step later, and until then they stand in its own
 * memory, in the rows of the step before.
 */
final class FakeBatchRunner implements BatchRunner {
    /** Stands for logits that are not finite. */
    static final int NOT_FINITE = -1;

    private final int blockSize;
    private final int maxNumBatchedTokens;
    private final boolean drawsEos;
    private final int[] slotTokens;
    private final int[] slotPositions;
    private final Map<String, Integer> poisoned = new HashMap<>();
    private final Set<Integer> written = new HashSet<>();
    private final int[][] drawnIds;
    private final TokenLogprob[][] drawnLogprobs;
    private int stepsAhead;
    private int launched;
    private int drawn;
    private int read;
    private long outOfMemoryAt = -1;
    private boolean verifies = true;
    private int window;
    long numSteps;
    long numTokens;
    long numBlockCopies;

    /** Times that a preempted sequence computed rows that had been read before. */
    long numRecomputed;

    boolean closed;

    FakeBatchRunner(int numBlocks, EngineConfig config, boolean drawsEos) {
        this.blockSize = config.blockSize();
        this.maxNumBatchedTokens = config.maxNumBatchedTokens();
        this.drawsEos = drawsEos;
        this.slotTokens = new int[numBlocks * blockSize];
        this.slotPositions = new int[numBlocks * blockSize];
        this.drawnIds = new int[2][config.maxNumSeqs()];
        this.drawnLogprobs = new TokenLogprob[2][config.maxNumSeqs()];
    }

    /** Lets the host be this many steps ahead, 0 or 1. */
    FakeBatchRunner ahead(int steps) {
        stepsAhead = steps;
        return this;
    }

    /** The request with this id gets logits that are not finite when it would draw its {@code count}-th token. */
    void poison(String requestId, int count) {
        poisoned.put(requestId, count);
    }

    /** Once this many batches have been launched, the next one of several sequences finds no memory. */
    void runOutOfMemoryAfter(int batches) {
        outOfMemoryAt = batches;
    }

    /** Turns the checks off, as they allocate. */
    FakeBatchRunner withoutChecks() {
        verifies = false;
        return this;
    }

    int window() {
        return window;
    }

    /** A token sees itself and the {@code tokens − 1} before it only; 0 for all. */
    FakeBatchRunner withWindow(int tokens) {
        window = tokens;
        return this;
    }

    @Override
    public int stepsAhead() {
        return stepsAhead;
    }

    @Override
    public void launch(ScheduledBatch batch) {
        if (outOfMemoryAt >= 0 && launched >= outOfMemoryAt && batch.size() > 1) {
            outOfMemoryAt = -1;
            throw new DeviceProblem(DeviceError.OUT_OF_MEMORY, "memory", "little", "more", "Buy it")
                    .exception();
        }
        check(drawn == launched, "a batch is launched before the one before is drawn");
        copyBlocks(batch);
        write(batch);
        if (verifies) {
            verify(batch);
        }
        drawTokens(batch);
        readRows(batch);
        numSteps++;
        numTokens += batch.numTokens();
        numBlockCopies += batch.numBlockCopies();
        launched++;
    }

    private void readRows(ScheduledBatch batch) {
        for (int i = 0; i < batch.size(); i++) {
            Sequence sequence = batch.sequence(i);
            if (sequence.rowUse != null) {
                int computed = sequence.numComputedTokens;
                int end =
                        Math.min(sequence.rowUse.endRow(), computed + batch.numScheduledTokens(i));
                int from = sequence.firstUnreadRow();
                check(from >= computed, "a row that is read was not computed");
                numRecomputed += computed < sequence.numReadRows ? 1 : 0;
                for (int row = from; row < end; row++) {
                    readRow(sequence, row);
                }
            }
        }
    }

    private void readRow(Sequence sequence, int row) {
        long seen = attended(sequence, row + 1);
        if (sequence.rowUse instanceof PooledStates pooled) {
            pooled.add(new float[] {number(seen), number(Bits.mix(seen))}, 1, 2, 1);
            return;
        }
        TokenScores scores = (TokenScores) sequence.rowUse;
        for (int i = 0; i < scores.numTargets(row); i++) {
            Integer poisonedRow = poisoned.get(sequence.scheduling.request.id);
            boolean finite = poisonedRow == null || row < poisonedRow;
            float logprob = -number(Bits.mix(seen + scores.targetId(row, i)));
            scores.set(row, i, finite ? logprob : Float.NaN);
        }
    }

    /** From 0 to 8. */
    private static float number(long hash) {
        return (hash >>> 40) * 0x1p-21f;
    }

    private void drawTokens(ScheduledBatch batch) {
        int row = 0;
        for (int i = 0; i < batch.size(); i++) {
            if (batch.samples(i)) {
                Sequence sequence = batch.sequence(i);
                drawnIds[launched % 2][row] = draw(sequence);
                drawnLogprobs[launched % 2][row] = logprob(sequence);
                sequence.drawnRow = row++;
            }
        }
    }

    /** The tokens are there since the launch, as none needs a mask. */
    @Override
    public void draw(ScheduledBatch batch) {
        check(read == drawn, "a batch is drawn before the one before is read");
        drawn++;
        check(drawn == launched, "a batch is drawn that was not launched last");
    }

    @Override
    public void read(ScheduledBatch batch) {
        check(read < drawn, "a batch is read before it is drawn");
        int row = 0;
        for (int i = 0; i < batch.size(); i++) {
            if (batch.samples(i)) {
                batch.setSampled(i, drawnIds[read % 2][row], drawnLogprobs[read % 2][row]);
                row++;
            }
        }
        read++;
    }

    /** A token that was not read is in the memory of the step before. */
    private int tokenId(Sequence sequence, int position) {
        return position < sequence.numTokens()
                ? sequence.tokenId(position)
                : drawnIds[(launched + 1) % 2][sequence.drawnRow];
    }

    private void copyBlocks(ScheduledBatch batch) {
        int[] copies = batch.blockCopies();
        for (int i = 0; i < batch.numBlockCopies(); i++) {
            int source = copies[2 * i] * blockSize;
            int target = copies[2 * i + 1] * blockSize;
            System.arraycopy(slotTokens, source, slotTokens, target, blockSize);
            System.arraycopy(slotPositions, source, slotPositions, target, blockSize);
        }
    }

    private void write(ScheduledBatch batch) {
        for (int i = 0; i < batch.size(); i++) {
            Sequence sequence = batch.sequence(i);
            int from = sequence.numComputedTokens;
            for (int p = from; p < from + batch.numScheduledTokens(i); p++) {
                slotTokens[slot(sequence, p)] = tokenId(sequence, p);
                slotPositions[slot(sequence, p)] = p;
            }
        }
    }

    private int slot(Sequence sequence, int position) {
        return sequence.blockTable.get(position / blockSize) * blockSize + position % blockSize;
    }

    private void verify(ScheduledBatch batch) {
        check(batch.size() > 0, "the batch is empty");
        check(batch.numTokens() <= maxNumBatchedTokens, "the batch exceeds its budget");
        written.clear();
        for (int i = 0; i < batch.size(); i++) {
            Sequence sequence = batch.sequence(i);
            int end = sequence.numComputedTokens + batch.numScheduledTokens(i);
            check(batch.numScheduledTokens(i) > 0, "a sequence without tokens is in the batch");
            check(
                    end <= sequence.numTokensWithUnread(),
                    "more tokens are scheduled than there are");
            check(sequence.numUnreadTokens <= stepsAhead, "the host is too far ahead");
            check(end < sequence.scheduling.maxTokens, "the last token is computed");
            int seen = window == 0 ? 0 : Math.max(0, sequence.numComputedTokens - window + 1);
            for (int p = seen; p < end; p++) {
                int slot = slot(sequence, p);
                check(
                        slotTokens[slot] == tokenId(sequence, p) && slotPositions[slot] == p,
                        "a slot holds what another sequence or position wrote");
                check(
                        p < sequence.numComputedTokens || written.add(slot),
                        "two sequences write one slot");
            }
        }
    }

    private int draw(Sequence sequence) {
        Integer count = poisoned.get(sequence.scheduling.request.id);
        if (count != null
                && count == sequence.numTokensWithUnread() - sequence.numPromptTokens + 1) {
            return NOT_FINITE;
        }
        return token(attended(sequence, sequence.numTokensWithUnread()), sequence);
    }

    /** A hash over what the row before {@code end} sees. */
    private long attended(Sequence sequence, int end) {
        long hash = sequence.seed;
        for (int p = window == 0 ? 0 : Math.max(0, end - window); p < end; p++) {
            hash = Bits.mix(hash + slotTokens[slot(sequence, p)]);
        }
        return hash;
    }

    private int token(long hash, Sequence sequence) {
        if (drawsEos && !sequence.suppressStop() && (hash >>> 32) % 16 == 0) {
            return FakeTokenizer.EOS;
        }
        return 'a' + (int) Long.remainderUnsigned(hash, 26);
    }

    private static TokenLogprob logprob(Sequence sequence) {
        return sequence.sampling.logprobs() < 0
                ? null
                : new TokenLogprob(sequence.numTokensWithUnread(), -1f, java.util.List.of());
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }

    @Override
    public void close() {
        closed = true;
    }
}
