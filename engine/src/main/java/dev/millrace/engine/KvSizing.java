package dev.millrace.engine;

import dev.millrace.engine.model.Decoder;
import dev.millrace.engine.model.ModelConfig;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.DeviceBytes;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.KvCache;
import dev.millrace.kernels.KvScales;
import dev.millrace.kernels.KvShape;
import java.util.Optional;
import java.util.stream.IntStream;
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
    private final DType type;
    private final KvShape oneBlock;
    private final long mostBlocks;
    private final MemoryPlan plan;

    /** On a device with memory of its own this refuses what cannot fit; {@code weights} is an estimate of the weights' bytes. */
    KvSizing(
            EngineConfig config,
            ModelConfig model,
            int maxModelLen,
            Kernels kernels,
            boolean scaled,
            long weights) {
        this.config = config;
        this.kernels = kernels;
        type = config.kvCacheDtype().type(kernels, model.headDim(), maxModelLen, scaled);
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
        // Of long and short sequences where they differ.
        int ropes = model.ropes().size() + (model.shortRopePositions() > 0 ? 1 : 0);
        long rope = 4L * maxModelLen * model.headDim() * ropes;
        MemoryPlan result =
                MemoryPlan.of(kernels.description(), bytes, config, weights + rope, activations);
        long least = LEAST_BLOCKS * oneBlock.blockBytes(type);
        result.check(Math.max(least, config.kvCacheBytes()));
        return result;
    }

    /** Logits, hidden states, masks and block tables of a step. */
    private long inputBytes(ModelConfig model, int blocksPerSeq) {
        long perSeq = 5L * model.vocabSize() + 4L * model.hiddenSize() + 4L * blocksPerSeq;
        return perSeq * config.maxNumSeqs() + 64L * config.maxNumBatchedTokens();
    }

    /** What keys and values are stored in. */
    DType type() {
        return type;
    }

    /** Bytes of one token's keys and values over all layers. */
    long bytesPerToken() {
        return oneBlock.blockBytes(type) / oneBlock.blockSize();
    }

    /**
     * Allocates the cache for the runner, which has all its other memory, and says how many blocks it has. On a device with memory
     * of its own some first steps show what they need beside it; the cache then gets what is left exactly.
     */
    int allocate(ModelRunner runner, EngineParts parts, Optional<KvScales> scales) {
        int numBlocks = allocateMeasured(runner, parts, scales);
        shortage(config, numBlocks, oneBlock.blockBytes(type)).ifPresent(LOG::warn);
        return numBlocks;
    }

    /** Says so if there are fewer blocks than sequences that may run. */
    static Optional<String> shortage(EngineConfig config, int numBlocks, long blockBytes) {
        int sequences = config.maxNumSeqs();
        return numBlocks >= sequences
                ? Optional.empty()
                : Optional.of(
                        "max-num-seqs is %d, but keys and values have %d blocks of %d tokens, %d bytes each: at most %2$d sequences run at a time. Raise kv-cache-memory to at least %d bytes, or lower max-num-seqs."
                                .formatted(
                                        sequences,
                                        numBlocks,
                                        config.blockSize(),
                                        blockBytes,
                                        sequences * blockBytes));
    }

    private int allocateMeasured(ModelRunner runner, EngineParts parts, Optional<KvScales> scales) {
        KvCache cache = cache(shape(availableBytes()), scales);
        runner.withCache(cache);
        if (plan == null) {
            return cache.shape().numBlocks();
        }
        EngineParts tried = parts.withNumBlocks(cache.shape().numBlocks());
        long graphs = numGraphs() * FirstSteps.run(tried, config, this::freeBytes);
        long kvBytes = bytesOf(cache.shape());
        long available =
                config.kvCacheBytes() > 0 ? kvBytes : plan.kvBytes(freeBytes() + kvBytes) - graphs;
        plan.checkMeasured(available, LEAST_BLOCKS * oneBlock.blockBytes(type));
        KvShape exact = shape(available);
        if (exact.numBlocks() != cache.shape().numBlocks()) {
            cache.release(kernels);
            runner.withCache(cache(exact, scales));
        }
        LOG.info(
                "Memory: {} of {}", plan.text(freeBytes(), kernels.buffers(), graphs, exact), type);
        return exact.numBlocks();
    }

    private KvCache cache(KvShape shape, Optional<KvScales> scales) {
        return scales.map(each -> kernels.allocateKvCache(shape, each))
                .orElseGet(() -> kernels.allocateKvCache(shape, type));
    }

    private long freeBytes() {
        return kernels.deviceBytes().orElseThrow().free();
    }

    /** Decode steps that a device may record: each shape in all ways to draw. */
    private long numGraphs() {
        int most = Math.min(config.maxNumSeqs(), config.maxNumBatchedTokens());
        return ModelRunner.WAYS_TO_DRAW
                * IntStream.rangeClosed(1, most).map(kernels::replayRows).distinct().count();
    }

    private long bytesOf(KvShape shape) {
        return shape.numBlocks() * oneBlock.blockBytes(type);
    }

    /** The largest cache of {@code available} bytes. */
    private KvShape shape(long available) {
        long blockBytes = oneBlock.blockBytes(type);
        long numBlocks = Math.min(available / blockBytes, mostBlocks);
        if (numBlocks < LEAST_BLOCKS) {
            throw new InvalidModelException(
                    new Problem(
                            EngineError.INVALID_OPTION,
                            "option kv-cache-memory",
                            available + " bytes",
                            "at least two blocks of " + blockBytes + " bytes",
                            "Raise kv-cache-memory or lower block-size"));
        }
        return new KvShape(
                oneBlock.numLayers(),
                (int) Math.min(numBlocks, Integer.MAX_VALUE),
                oneBlock.blockSize(),
                oneBlock.numKvHeads(),
                oneBlock.headDim());
    }

    private long availableBytes() {
        if (config.kvCacheBytes() > 0) {
            return config.kvCacheBytes();
        }
        return plan == null ? CPU_DEFAULT_BYTES : plan.kvBytes(freeBytes()) - plan.reserve();
    }
}
