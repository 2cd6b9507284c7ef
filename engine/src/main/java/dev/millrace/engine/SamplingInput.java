package dev.millrace.engine;

import dev.millrace.engine.grammar.GrammarState;
import dev.millrace.engine.grammar.TokenMask;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.SamplingBatch;
import dev.millrace.kernels.Tensor;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;

/**
 * Turns the sampling parameters of the sequences that get a token into a {@link SamplingBatch} on the device. All but the masks of
 * forms goes there before the forward pass: a mask needs the token before, and takes its time, so that the device is given the
 * forward pass first.
 *
 * <p>Thread-safety: none; owned by the engine thread.
 */
final class SamplingInput {
    private static final BlockTable DEAD = new BlockTable();

    private final Kernels kernels;
    private final SamplingBatch packed;
    private final int[] stopTokenIds;
    private final float[] temperature;
    private final float[] topP;
    private final float[] minP;
    private final float[] repetitionPenalty;
    private final float[] presencePenalty;
    private final float[] frequencyPenalty;
    private final int[] topK;
    private final int[] position;
    private final int[] numLogprobs;
    private final int[] promptLens;
    private final int[] masked;
    private final int[] cuHistory;
    private final int[] cuBias;
    private final long[] seed;

    /** Block table of the sequence whose parameters are in the row: it stands for the sequence, and keeps less of it. */
    private final BlockTable[] inRow;

    private int[] history = new int[1024];
    private int[] biasIds = new int[256];
    private float[] biasValues = new float[256];

    /** Rows whose parameters the device may not have yet are below this. */
    private int changedRows;

    /** The row's allowed tokens on the device. */
    private final Tensor[] allowedRows;

    /** Allowed tokens on their way there. */
    private final int[] allowed;

    /** What the row's allowed tokens were written from; null if not from a form's mask. */
    private final TokenMask[] maskInRow;

    private final boolean[] endInRow;

    private int rows;
    private boolean greedy;
    private boolean waitsForForms;

    /** Room for {@code maxRows} rows; {@code stopTokenIds} are the model's own, forbidden before {@code minTokens}. */
    SamplingInput(Kernels kernels, int maxRows, int vocabSize, int[] stopTokenIds) {
        this.kernels = kernels;
        this.stopTokenIds = stopTokenIds.clone();
        packed = new SamplingBatch(kernels, maxRows, vocabSize);
        temperature = new float[maxRows];
        topP = new float[maxRows];
        minP = new float[maxRows];
        repetitionPenalty = new float[maxRows];
        presencePenalty = new float[maxRows];
        frequencyPenalty = new float[maxRows];
        topK = new int[maxRows];
        position = new int[maxRows];
        numLogprobs = new int[maxRows];
        promptLens = new int[maxRows];
        masked = new int[maxRows];
        cuHistory = new int[maxRows + 1];
        cuBias = new int[maxRows + 1];
        seed = new long[maxRows];
        inRow = new BlockTable[maxRows];
        maskInRow = new TokenMask[maxRows];
        endInRow = new boolean[maxRows];
        allowed = new int[packed.allowed.columns()];
        allowedRows = new Tensor[maxRows];
        for (int row = 0; row < maxRows; row++) {
            allowedRows[row] = packed.allowed.rows(row, row + 1);
        }
    }

    void clear() {
        rows = 0;
        greedy = true;
        waitsForForms = false;
    }

    /** Adds the row of one sequence. In a decode step most rows hold it already, all but what changes with each token. */
    void add(Sequence sequence) {
        if (inRow[rows] != sequence.blockTable) {
            addParameters(sequence);
            inRow[rows] = sequence.blockTable;
            changedRows = Math.max(changedRows, rows + 1);
        }
        position[rows] = sequence.numTokensWithUnread();
        addHistory(sequence);
        addBias(sequence);
        greedy &= isGreedy(sequence.sampling);
        waitsForForms |= sequence.scheduling.form() != null;
        sequence.drawnRow = rows;
        rows++;
    }

    private void addParameters(Sequence sequence) {
        SamplingParams sampling = sequence.sampling;
        temperature[rows] = sampling.temperature();
        topK[rows] = sampling.topK();
        topP[rows] = sampling.topP();
        minP[rows] = sampling.minP();
        repetitionPenalty[rows] = sampling.repetitionPenalty();
        presencePenalty[rows] = sampling.presencePenalty();
        frequencyPenalty[rows] = sampling.frequencyPenalty();
        seed[rows] = sequence.seed;
        numLogprobs[rows] = sampling.logprobs();
        promptLens[rows] = sequence.numPromptTokens;
        addAllowed(sequence);
    }

    private void addDead() {
        if (inRow[rows] != DEAD) {
            addDeadParameters();
            inRow[rows] = DEAD;
            changedRows = Math.max(changedRows, rows + 1);
        }
        position[rows] = 0;
        cuHistory[rows + 1] = cuHistory[rows];
        cuBias[rows + 1] = cuBias[rows];
        rows++;
    }

    /** Whether the last row's token is that of its largest logit, and nothing else is asked of its logits. */
    private boolean isGreedy(SamplingParams sampling) {
        return sampling.temperature() == 0
                && sampling.logprobs() < 0
                && !sampling.hasPenalty()
                && cuBias[rows + 1] == cuBias[rows]
                && masked[rows] == 0;
    }

    /** Whether no row needs its logits, so that the head may keep them to itself and nothing needs to be packed. */
    boolean isGreedy() {
        return greedy;
    }

    /** Whether tokens can be drawn only behind {@link #sendMasks}. */
    boolean waitsForForms() {
        return waitsForForms;
    }

    /** Where the tokens are drawn to. */
    SamplingBatch batch() {
        return packed;
    }

    /** Greedy, as that is the least work; nobody reads what is drawn. */
    private void addDeadParameters() {
        temperature[rows] = 0;
        topK[rows] = 0;
        topP[rows] = 1;
        minP[rows] = 0;
        repetitionPenalty[rows] = 1;
        presencePenalty[rows] = 0;
        frequencyPenalty[rows] = 0;
        seed[rows] = 0;
        numLogprobs[rows] = -1;
        promptLens[rows] = 0;
        masked[rows] = 0;
    }

    private void addHistory(Sequence sequence) {
        int count = sequence.sampling.hasPenalty() ? sequence.numTokensWithUnread() : 0;
        int start = cuHistory[rows];
        if (start + count > history.length) {
            history = Arrays.copyOf(history, Math.max(2 * history.length, start + count));
        }
        sequence.copyTokensOrRows(0, count, history, start);
        cuHistory[rows + 1] = start + count;
    }

    private void addBias(Sequence sequence) {
        SamplingParams sampling = sequence.sampling;
        cuBias[rows + 1] = cuBias[rows];
        if (!sampling.logitBias().isEmpty()) {
            for (Map.Entry<Integer, Float> bias : sampling.logitBias().entrySet()) {
                addBias(bias.getKey(), bias.getValue());
            }
        }
        if (sequence.suppressStop()) {
            forbidStops(sampling);
        }
    }

    private void forbidStops(SamplingParams sampling) {
        if (!sampling.ignoreEos()) {
            for (int id : stopTokenIds) {
                addBias(id, Float.NEGATIVE_INFINITY);
            }
        }
        for (int id : sampling.stopTokenIds()) {
            addBias(id, Float.NEGATIVE_INFINITY);
        }
    }

    private void addBias(int tokenId, float value) {
        int end = cuBias[rows + 1]++;
        if (end == biasIds.length) {
            biasIds = Arrays.copyOf(biasIds, 2 * end);
            biasValues = Arrays.copyOf(biasValues, 2 * end);
        }
        biasIds[end] = tokenId;
        biasValues[end] = value;
    }

    private void addAllowed(Sequence sequence) {
        Set<Integer> ids = sequence.sampling.allowedTokenIds();
        masked[rows] = !ids.isEmpty() || sequence.scheduling.form() != null ? 1 : 0;
        maskInRow[rows] = null;
        if (!ids.isEmpty()) {
            Arrays.fill(allowed, 0);
            for (int id : ids) {
                allowed[id / 32] |= 1 << (id % 32);
            }
            kernels.copyIn(allowed, allowed.length, allowedRows[rows]);
        }
    }

    /**
     * Sends the masks of the batch's forms, whose tokens so far must be known. An answer that has ended since its sequence was added
     * has none.
     */
    void sendMasks(ScheduledBatch batch) {
        int row = 0;
        for (int s = 0; s < batch.size(); s++) {
            if (batch.samples(s)) {
                SchedulingState scheduling = batch.sequence(s).scheduling;
                if (scheduling.form() != null && scheduling.running) {
                    sendMask(batch.sequence(s), row);
                }
                row++;
            }
        }
    }

    /** A form allows other tokens at most places, but the same ones along a text. */
    private void sendMask(Sequence sequence, int row) {
        GrammarState form = sequence.scheduling.form();
        TokenMask mask = form.mask(sequence.scheduling.maxTokens - sequence.numTokens());
        if (maskInRow[row] == mask && endInRow[row] == form.mayEnd()) {
            return;
        }
        form.writeMask(mask, stopTokenIds, allowed);
        kernels.copyIn(allowed, allowed.length, allowedRows[row]);
        maskInRow[row] = mask;
        endInRow[row] = form.mayEnd();
    }

    /** Sends all rows to the device, all but the masks of forms, with dead ones behind them up to {@code paddedRows}. */
    void pack(int paddedRows) {
        while (rows < paddedRows) {
            addDead();
        }
        packed.resize(rows);
        packed.reserve(kernels, cuHistory[rows], cuBias[rows]);
        if (changedRows > 0) {
            packParameters(Math.max(rows, changedRows));
            changedRows = 0;
        }
        kernels.copyIn(position, rows, packed.position);
        packRagged();
    }

    private void packParameters(int count) {
        kernels.copyIn(temperature, count, packed.temperature);
        kernels.copyIn(topK, count, packed.topK);
        kernels.copyIn(topP, count, packed.topP);
        kernels.copyIn(minP, count, packed.minP);
        kernels.copyIn(repetitionPenalty, count, packed.repetitionPenalty);
        kernels.copyIn(presencePenalty, count, packed.presencePenalty);
        kernels.copyIn(frequencyPenalty, count, packed.frequencyPenalty);
        kernels.copyIn(seed, count, packed.seed);
        kernels.copyIn(numLogprobs, count, packed.numLogprobs);
        kernels.copyIn(promptLens, count, packed.promptLens);
        kernels.copyIn(masked, count, packed.masked);
    }

    private void packRagged() {
        kernels.copyIn(cuHistory, rows + 1, packed.cuHistory);
        kernels.copyInTokens(history, cuHistory[rows], packed.history(), packed.tokenIds);
        kernels.copyIn(cuBias, rows + 1, packed.cuBias);
        kernels.copyIn(biasIds, cuBias[rows], packed.biasIds());
        kernels.copyIn(biasValues, cuBias[rows], packed.biasValues());
    }
}
