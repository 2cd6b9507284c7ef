package dev.millrace.engine;

import dev.millrace.engine.grammar.GrammarState;
import dev.millrace.engine.grammar.TokenMask;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.SamplingBatch;
import java.util.Arrays;
import java.util.Map;

/**
 * Turns the sampling parameters of the sequences that get a token into a {@link SamplingBatch} on the device.
 *
 * <p>Thread-safety: none; owned by the engine thread.
 */
final class SamplingInput {
    private static final BlockTable DEAD = new BlockTable();

    private final Kernels kernels;
    private final SamplingBatch packed;
    private final int[] stopTokenIds;
    private final int vocabWords;
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
    private int[] allowed = new int[0];

    /** Rows whose parameters the device may not have yet are below this. */
    private int changedRows;

    /** Rows whose allowed tokens the device may not have yet are below this. */
    private int changedMasks;

    /** What the row's allowed tokens were written from; null for none. */
    private final TokenMask[] maskInRow;

    private final boolean[] endInRow;

    private int rows;
    private boolean greedy;

    /** Room for {@code maxRows} rows; {@code stopTokenIds} are the model's own, forbidden before {@code minTokens}. */
    SamplingInput(Kernels kernels, int maxRows, int vocabSize, int[] stopTokenIds) {
        this.kernels = kernels;
        this.stopTokenIds = stopTokenIds.clone();
        packed = new SamplingBatch(kernels, maxRows, vocabSize);
        vocabWords = (vocabSize + 31) / 32;
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
    }

    void clear() {
        rows = 0;
        greedy = true;
    }

    /** Adds the row of one sequence. In a decode step most rows hold it already, all but what changes with each token. */
    void add(Sequence sequence) {
        if (inRow[rows] != sequence.blockTable) {
            addParameters(sequence);
            inRow[rows] = sequence.blockTable;
            changedRows = Math.max(changedRows, rows + 1);
        } else if (sequence.scheduling.form() != null) {
            addForm(sequence);
        }
        position[rows] = sequence.numTokensWithUnread();
        addHistory(sequence);
        addBias(sequence);
        greedy &= isGreedy(sequence.sampling);
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
        GrammarState form = sequence.scheduling.form();
        boolean restricted = !sequence.sampling.allowedTokenIds().isEmpty();
        masked[rows] = restricted || form != null ? 1 : 0;
        if (masked[rows] == 0) {
            return;
        }
        int start = rows * vocabWords;
        if (start + vocabWords > allowed.length) {
            allowed = Arrays.copyOf(allowed, masked.length * vocabWords);
        }
        maskInRow[rows] = null;
        if (form != null) {
            addForm(sequence);
            return;
        }
        changedMasks = Math.max(changedMasks, rows + 1);
        Arrays.fill(allowed, start, start + vocabWords, 0);
        for (int id : sequence.sampling.allowedTokenIds()) {
            allowed[start + id / 32] |= 1 << (id % 32);
        }
    }

    /** A form allows other tokens at most places, but the same ones along a text. */
    private void addForm(Sequence sequence) {
        GrammarState form = sequence.scheduling.form();
        TokenMask mask = form.mask(sequence.scheduling.maxTokens - sequence.numTokens());
        if (maskInRow[rows] == mask && endInRow[rows] == form.mayEnd()) {
            return;
        }
        form.writeMask(mask, stopTokenIds, allowed, rows * vocabWords, vocabWords);
        maskInRow[rows] = mask;
        endInRow[rows] = form.mayEnd();
        changedMasks = Math.max(changedMasks, rows + 1);
    }

    /** Sends all rows to the device, with dead ones behind them up to {@code paddedRows}. */
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
        if (changedMasks > 0) {
            kernels.copyIn(allowed, changedMasks * vocabWords, packed.allowed);
            changedMasks = 0;
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
