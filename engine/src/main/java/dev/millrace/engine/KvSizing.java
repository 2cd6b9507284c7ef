package dev.millrace.engine;

import dev.millrace.engine.model.Decoder;
import dev.millrace.engine.model.ModelConfig;
import dev.millrace.kernels.DeviceBytes;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.KvShape;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says how many KV blocks there are: as many as the memory holds, but no more than the most sequences could use at full length.
 *
 * <p>Thread-safety: none.
 */
final class KvSizing {
    private static final Logger LOG = LoggerFactory.getLogger(KvSizing.class);
    private static final long CPU_DEFAULT_BYTES = 512L << 20;
    private static final int LEAST_BLOCKS = 2;

    private final EngineConfig config;
    private final Kernels kernels;
    private final KvShape oneBlock;
    private final long mostBlocks;
    private final MemoryPlan plan;

    /** On a device with memory of its own this refuses what cannot fit; {@code weights} is an estimate of the weights' bytes. */
    KvSizing(
            EngineConfig config,
            ModelConfig model,
            int maxModelLen,
            Kernels kernels,
            long weights) {
        this.config = config;
        this.kernels = kernels;
        oneBlock =
                new KvShape(
                        model.numLayers(),
                        1,
                        config.blockSize(),
                        model.numKvHeads(),
                        model.headDim());
        int blocksPerSeq = (maxModelLen + config.blockSize() - 1) / config.blockSize();
        mostBlocks = (long) blocksPerSeq * config.maxNumSeqs();
        DeviceBytes bytes = kernels.deviceBytes().orElse(null);
        plan = bytes == null ? null : plan(bytes, model, maxModelLen, weights, blocksPerSeq);
    }

    private MemoryPlan plan(
            DeviceBytes bytes, ModelConfig model, int maxModelLen, long weights, int blocksPerSeq) {
        long activations =
                Decoder.activationBytes(
                                model, kernels.activationType(), config.maxNumBatchedTokens())
                        + inputBytes(model, blocksPerSeq);
        long rope = 4L * maxModelLen * model.headDim();
        MemoryPlan result =
                MemoryPlan.of(kernels.description(), bytes, config, weights + rope, activations);
        long least = LEAST_BLOCKS * oneBlock.blockBytes(kernels.kvType());
        result.check(Math.max(least, config.kvCacheBytes()));
        return result;
    }

    /** Logits, hidden states, masks and block tables of a step. */
    private long inputBytes(ModelConfig model, int blocksPerSeq) {
        long perSeq = 5L * model.vocabSize() + 4L * model.hiddenSize() + 4L * blocksPerSeq;
        return perSeq * config.maxNumSeqs() + 64L * config.maxNumBatchedTokens();
    }

    /** Size of the whole cache. */
    KvShape shape() {
        long blockBytes = oneBlock.blockBytes(kernels.kvType());
        long numBlocks = Math.min(availableBytes() / blockBytes, mostBlocks);
        if (numBlocks < LEAST_BLOCKS) {
            throw new InvalidModelException(
                    new Problem(
                            EngineError.INVALID_OPTION,
                            "option kv-cache-memory",
                            availableBytes() + " bytes",
                            "at least two blocks of " + blockBytes + " bytes",
                            "Raise kv-cache-memory or lower block-size"));
        }
        int count = (int) Math.min(numBlocks, Integer.MAX_VALUE);
        if (plan != null) {
            LOG.info("Memory: {}", plan.text(count * blockBytes, count));
        }
        return new KvShape(
                oneBlock.numLayers(),
                count,
                oneBlock.blockSize(),
                oneBlock.numKvHeads(),
                oneBlock.headDim());
    }

    private long availableBytes() {
        if (config.kvCacheBytes() > 0) {
            return config.kvCacheBytes();
        }
        return plan == null ? CPU_DEFAULT_BYTES : plan.kvBytes();
    }
}
