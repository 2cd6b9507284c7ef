package dev.millrace.engine.model;

import dev.millrace.engine.loader.Checkpoint;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.KvCache;
import dev.millrace.kernels.KvShape;
import dev.millrace.kernels.PackedBatch;
import dev.millrace.kernels.Tensor;
import java.util.Arrays;
import java.util.stream.IntStream;

/** A decoder and room for one sequence. */
final class DecoderRun {
    private static final int MAX_TOKENS = 112;
    private static final int BLOCK_SIZE = 16;
    private static final int BLOCKS = MAX_TOKENS / BLOCK_SIZE;

    private final Kernels kernels;
    private final ModelConfig config;
    private final Decoder decoder;
    private final KvCache cache;
    private final PackedBatch batch;
    private final Tensor logits;

    DecoderRun(Checkpoint checkpoint, Kernels kernels) {
        this.kernels = kernels;
        config = checkpoint.config();
        decoder = DecoderLoader.load(checkpoint, kernels, MAX_TOKENS, MAX_TOKENS);
        KvShape shape =
                new KvShape(
                        config.numLayers(),
                        BLOCKS,
                        BLOCK_SIZE,
                        config.numKvHeads(),
                        config.headDim());
        cache =
                checkpoint
                        .kvScales()
                        .filter(scales -> kernels.quantizesActivations())
                        .map(scales -> kernels.allocateKvCache(shape, scales))
                        .orElseGet(() -> kernels.allocateKvCache(shape));
        batch = new PackedBatch(kernels, MAX_TOKENS, 1, BLOCKS);
        logits = kernels.allocate(DType.F32, MAX_TOKENS, config.vocabSize(), "test");
    }

    /** Logits after each of {@code ids}, which follow {@code from} tokens that were given before. */
    float[][] logits(int[] ids, int from) {
        int count = ids.length;
        int[] positions = IntStream.range(from, from + count).toArray();
        kernels.copyIn(ids, count, batch.tokenIds());
        kernels.copyIn(positions, count, batch.positions());
        kernels.copyIn(positions, count, batch.slotMapping());
        kernels.copyIn(new int[] {0, count}, 2, batch.cuSeqLens());
        kernels.copyIn(new int[] {from + count}, 1, batch.contextLens());
        kernels.copyIn(IntStream.range(0, BLOCKS).toArray(), BLOCKS, batch.blockTables());
        batch.resize(count, 1, count);
        decoder.logits(logits, decoder.forward(batch, cache), count);
        int vocab = config.vocabSize();
        float[] all = new float[count * vocab];
        kernels.copyOut(logits, all.length, all);
        float[][] rows = new float[count][];
        for (int row = 0; row < count; row++) {
            rows[row] = Arrays.copyOfRange(all, row * vocab, (row + 1) * vocab);
        }
        return rows;
    }
}
