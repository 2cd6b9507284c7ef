package dev.millrace.engine;

import dev.millrace.engine.model.Decoder;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.KvCache;
import dev.millrace.kernels.PackedBatch;
import dev.millrace.kernels.SamplingBatch;
import dev.millrace.kernels.Tensor;

/**
 * Runs a scheduled batch on the device: block copies, forward pass, logits of the rows that need them, sampling. Where a form takes
 * part, the sampling is enqueued by itself, so that the host makes the masks while the device computes the forward pass.
 *
 * <p>Thread-safety: none; owned by the engine thread.
 */
final class ModelRunner implements BatchRunner {
    /** Decode steps of one shape that differ: with the greedy head, with sampling, and with logits for sampling that waits for forms. */
    static final int WAYS_TO_DRAW = 3;

    private final Kernels kernels;
    private final Decoder decoder;
    private KvCache cache;
    private final ModelInput input;
    private final SamplingInput sampling;
    private final SamplingBatch drawn;
    private final int maxRows;
    private final Tensor rowIndexes;
    private final Tensor hidden;
    private final Tensor logits;
    private final RowReader rowReader;
    private final Tensor blockCopies;
    private final int[] rows;

    /** Of the steps on their way, in turn. */
    private final DrawnTokens[] drawnTokens;

    private final int maxDecodeRows;
    private final Runnable decodeStep = this::runDecodeStep;
    private PackedBatch decodeBatch;

    /** Place of the batch launched last, until its tokens are drawn, then of the next one. */
    private int launched;

    private int read;

    /** A runner over {@code decoder}; it needs a cache. */
    ModelRunner(Kernels kernels, Decoder decoder, ModelInfo model, EngineConfig config) {
        this.kernels = kernels;
        this.decoder = decoder;
        maxRows = config.maxNumSeqs();
        maxDecodeRows = Math.min(maxRows, config.maxNumBatchedTokens());
        sampling =
                new SamplingInput(
                        kernels, maxRows, model.vocabSize(), model.eosTokenIds().toArray());
        drawn = sampling.batch();
        input =
                new ModelInput(
                        kernels,
                        drawn.tokenIds,
                        config.maxNumBatchedTokens(),
                        maxRows,
                        model.maxModelLen(),
                        config.blockSize());
        rowIndexes = kernels.allocate(DType.INT32, 1, maxRows, "batch");
        hidden =
                kernels.allocate(
                        kernels.activationType(), maxRows, decoder.hiddenSize(), "activations");
        logits = kernels.allocate(DType.F32, maxRows, model.vocabSize(), "activations");
        rowReader = new RowReader(kernels, decoder, hidden, logits);
        blockCopies = kernels.allocate(DType.INT32, 1, 2 * maxRows, "batch");
        rows = new int[maxRows];
        drawnTokens = new DrawnTokens[kernels.stepsAhead() + 1];
        for (int i = 0; i < drawnTokens.length; i++) {
            drawnTokens[i] = new DrawnTokens(kernels, maxRows);
        }
    }

    /** Computes with these keys and values from now on. */
    ModelRunner withCache(KvCache newCache) {
        cache = newCache;
        return this;
    }

    @Override
    public int stepsAhead() {
        return drawnTokens.length - 1;
    }

    @Override
    public void read(ScheduledBatch batch) {
        drawnTokens[read].read(batch);
        read = (read + 1) % drawnTokens.length;
    }

    @Override
    public void launch(ScheduledBatch batch) {
        drawnTokens[launched].clear();
        enqueue(batch);
        if (batch.numSampled() > 0 && !sampling.waitsForForms()) {
            drawnTokens[launched].copy(batch, drawn, batch.numSampled());
        }
    }

    private void enqueue(ScheduledBatch batch) {
        if (batch.numBlockCopies() > 0) {
            kernels.copyIn(batch.blockCopies(), 2 * batch.numBlockCopies(), blockCopies);
            kernels.copyBlocks(cache, blockCopies, batch.numBlockCopies());
        }
        sampling.clear();
        if (isDecode(batch)) {
            decode(batch);
        } else {
            Tensor states = decoder.forward(input.pack(batch), cache);
            rowReader.read(batch, states);
            sample(batch, states);
        }
    }

    /** Whether every sequence computes one token and gets the next: then the rows are the sequences, in order. */
    private static boolean isDecode(ScheduledBatch batch) {
        return batch.numTokens() == batch.size() && batch.numSampled() == batch.size();
    }

    /** All that the device does is one step that it may have recorded; its inputs are padded to the shape of the record. */
    private void decode(ScheduledBatch batch) {
        int padded = Math.min(kernels.replayRows(batch.size()), maxDecodeRows);
        decodeBatch = input.pack(batch, padded);
        for (int s = 0; s < batch.size(); s++) {
            sampling.add(batch.sequence(s));
        }
        if (!sampling.isGreedy()) {
            sampling.pack(padded);
        }
        kernels.replay(WAYS_TO_DRAW * padded + wayToDraw(), decodeStep);
    }

    private void runDecodeStep() {
        Tensor states = decoder.forward(decodeBatch, cache);
        drawTokens(states, decodeBatch.numTokens());
    }

    /** From the last hidden states: by the head itself if all rows are greedy, else from their logits, if need be later. */
    private void drawTokens(Tensor states, int count) {
        if (sampling.isGreedy()) {
            decoder.nextTokens(drawn.tokenIds, states, count);
            return;
        }
        decoder.logits(logits, states, count);
        if (!sampling.waitsForForms()) {
            kernels.sample(logits, drawn);
        }
    }

    /** Less than {@link #WAYS_TO_DRAW}. */
    private int wayToDraw() {
        if (sampling.isGreedy()) {
            return 1;
        }
        return sampling.waitsForForms() ? 2 : 0;
    }

    @Override
    public void draw(ScheduledBatch batch) {
        if (sampling.waitsForForms()) {
            sampling.sendMasks(batch);
            kernels.sample(logits, drawn);
            drawnTokens[launched].copy(batch, drawn, batch.numSampled());
        }
        launched = (launched + 1) % drawnTokens.length;
    }

    /** Draws a token for every sequence that has caught up; its last row has the hidden state. */
    private void sample(ScheduledBatch batch, Tensor states) {
        int count = 0;
        int row = 0;
        for (int s = 0; s < batch.size(); s++) {
            row += batch.numScheduledTokens(s);
            if (batch.samples(s)) {
                rows[count++] = row - 1;
                sampling.add(batch.sequence(s));
            }
        }
        if (count == 0) {
            return;
        }
        if (!sampling.isGreedy()) {
            sampling.pack(count);
        }
        kernels.copyIn(rows, count, rowIndexes);
        kernels.gatherRows(hidden, states, rowIndexes, count);
        drawTokens(hidden, count);
    }

    @Override
    public String device() {
        return kernels.description();
    }

    @Override
    public void close() {
        kernels.close();
    }
}
