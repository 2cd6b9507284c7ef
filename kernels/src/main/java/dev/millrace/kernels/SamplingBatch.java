package dev.millrace.kernels;

/**
 * What {@link Kernels#sample} reads and writes: one row for each sequence that gets a token in this step; on the device.
 *
 * <p>Inputs, one entry for each row: {@code temperature} F32 (0 is greedy), {@code topK} INT32 (0 is off), {@code topP},
 * {@code minP}, {@code repetitionPenalty}, {@code presencePenalty}, {@code frequencyPenalty} F32, {@code seed} INT64,
 * {@code position} INT32 (index of the token to draw; random numbers depend on seed and position only), {@code numLogprobs}
 * INT32 (most likely tokens to report; -1 is none, not even the drawn one's).
 *
 * <p>Ragged inputs: {@code history} INT32 holds prompt and generated ids of the rows that have a penalty, row {@code r} at
 * {@code [cuHistory[r], cuHistory[r + 1])}, the first {@code promptLens[r]} of them prompt. {@code biasIds} and {@code
 * biasValues}, at {@code [cuBias[r], cuBias[r + 1])}, are added to the logits (−∞ forbids a token). {@code allowed}
 * INT32 [S, ⌈V/32⌉] is a bit mask, bit {@code i % 32} of word {@code i / 32}, read for rows with {@code masked[r] != 0}.
 *
 * <p>Outputs: {@code tokenIds} INT32 [S], {@code logprobs} F32 [S] of the drawn token under the model's own distribution
 * (before penalties, bias and temperature), {@code topIds} and {@code topLogprobs} [S, most].
 *
 * <p>Thread-safety: none; the engine thread fills it between two steps.
 */
public final class SamplingBatch {
    /** Most likely tokens that can be reported for each position. */
    public static final int MAX_LOGPROBS = 20;

    public final Tensor temperature;
    public final Tensor topK;
    public final Tensor topP;
    public final Tensor minP;
    public final Tensor repetitionPenalty;
    public final Tensor presencePenalty;
    public final Tensor frequencyPenalty;
    public final Tensor seed;
    public final Tensor position;
    public final Tensor numLogprobs;
    public final Tensor cuHistory;
    public final Tensor promptLens;
    public final Tensor cuBias;
    public final Tensor allowed;
    public final Tensor masked;
    public final Tensor tokenIds;
    public final Tensor logprobs;
    public final Tensor topIds;
    public final Tensor topLogprobs;
    private Tensor history;
    private Tensor historyLogits;
    private Tensor biasIds;
    private Tensor biasValues;
    private Tensor biasLogits;
    private int rows;

    /** Room for {@code maxRows} rows over a vocabulary of {@code vocabSize}. */
    public SamplingBatch(Kernels kernels, int maxRows, int vocabSize) {
        temperature = kernels.allocate(DType.F32, 1, maxRows, "sampling");
        topK = kernels.allocate(DType.INT32, 1, maxRows, "sampling");
        topP = kernels.allocate(DType.F32, 1, maxRows, "sampling");
        minP = kernels.allocate(DType.F32, 1, maxRows, "sampling");
        repetitionPenalty = kernels.allocate(DType.F32, 1, maxRows, "sampling");
        presencePenalty = kernels.allocate(DType.F32, 1, maxRows, "sampling");
        frequencyPenalty = kernels.allocate(DType.F32, 1, maxRows, "sampling");
        seed = kernels.allocate(DType.INT64, 1, maxRows, "sampling");
        position = kernels.allocate(DType.INT32, 1, maxRows, "sampling");
        numLogprobs = kernels.allocate(DType.INT32, 1, maxRows, "sampling");
        history = kernels.allocate(DType.INT32, 1, 1024, "sampling");
        historyLogits = kernels.allocate(DType.F32, 1, 1024, "sampling");
        cuHistory = kernels.allocate(DType.INT32, 1, maxRows + 1, "sampling");
        promptLens = kernels.allocate(DType.INT32, 1, maxRows, "sampling");
        biasIds = kernels.allocate(DType.INT32, 1, 256, "sampling");
        biasValues = kernels.allocate(DType.F32, 1, 256, "sampling");
        biasLogits = kernels.allocate(DType.F32, 1, 256, "sampling");
        cuBias = kernels.allocate(DType.INT32, 1, maxRows + 1, "sampling");
        allowed = kernels.allocate(DType.INT32, maxRows, (vocabSize + 31) / 32, "sampling");
        masked = kernels.allocate(DType.INT32, 1, maxRows, "sampling");
        tokenIds = kernels.allocate(DType.INT32, 1, maxRows, "sampling");
        logprobs = kernels.allocate(DType.F32, 1, maxRows, "sampling");
        topIds = kernels.allocate(DType.INT32, maxRows, MAX_LOGPROBS, "sampling");
        topLogprobs = kernels.allocate(DType.F32, maxRows, MAX_LOGPROBS, "sampling");
    }

    /** Makes room for ragged inputs of these lengths, so that {@code sample} needs no more; what they held is lost if they grow. */
    public void reserve(Kernels kernels, int historyLength, int biasLength) {
        if (historyLength > history.columns()) {
            history = grown(kernels, history, historyLength);
            historyLogits = grown(kernels, historyLogits, historyLength);
        }
        if (biasLength > biasIds.columns()) {
            biasIds = grown(kernels, biasIds, biasLength);
            biasValues = grown(kernels, biasValues, biasLength);
            biasLogits = grown(kernels, biasLogits, biasLength);
        }
    }

    private static Tensor grown(Kernels kernels, Tensor old, int length) {
        Tensor larger =
                kernels.allocate(old.dtype(), 1, Math.max(2 * old.columns(), length), "sampling");
        kernels.buffers().release(old.buffer(), "sampling");
        return larger;
    }

    /** INT32, ragged: prompt and generated ids of the rows that have a penalty. */
    public Tensor history() {
        return history;
    }

    /** F32, as long: scratch for the model's own logits of these ids. */
    public Tensor historyLogits() {
        return historyLogits;
    }

    /** INT32, ragged: tokens whose logits are changed. */
    public Tensor biasIds() {
        return biasIds;
    }

    /** F32, ragged: what is added to those logits. */
    public Tensor biasValues() {
        return biasValues;
    }

    /** F32, as long: scratch for the model's own logits of these tokens. */
    public Tensor biasLogits() {
        return biasLogits;
    }

    /** S: rows in use. */
    public int rows() {
        return rows;
    }

    /** Sets the rows in use. */
    public void resize(int newRows) {
        rows = newRows;
    }
}
