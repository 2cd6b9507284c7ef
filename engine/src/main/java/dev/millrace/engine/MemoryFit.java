package dev.millrace.engine;

import dev.millrace.engine.loader.Checkpoint;
import dev.millrace.engine.model.Decoder;
import dev.millrace.engine.model.ModelConfig;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.DeviceBytes;
import dev.millrace.kernels.KvShape;

/**
 * How much memory a model needs, and how many tokens fit beside it, by the engine's own plan and its default options.
 *
 * @param weightBytes of the weights in memory, an estimate
 * @param gpuKvBytesPerToken keys and values of one token over all layers on a GPU
 * @param hostKvBytesPerToken the same on the CPU
 * @param kvTokensPerSequence most tokens of one sequence whose keys and values are kept at a time: the model's context, or less where
 *     every layer has a sliding window
 * @param gpuActivationBytes beside the weights on a GPU
 * @param hostActivationBytes beside the weights on the CPU
 */
public record MemoryFit(
        long weightBytes,
        long gpuKvBytesPerToken,
        long hostKvBytesPerToken,
        long kvTokensPerSequence,
        long gpuActivationBytes,
        long hostActivationBytes) {

    /** What {@code checkpoint} needs. */
    public static MemoryFit of(Checkpoint checkpoint) {
        ModelConfig model = checkpoint.config();
        KvShape token = new KvShape(model.numLayers(), 1, 1, model.numKvHeads(), model.headDim());
        int batch = EngineConfig.defaults().maxNumBatchedTokens();
        int context = model.maxPositionEmbeddings();
        int blockSize = EngineConfig.defaults().blockSize();
        long kept =
                (long) blockSize
                        * KvCacheManager.mostBlocks(
                                blockSize, model.commonWindow(), batch, context);
        return new MemoryFit(
                checkpoint.deviceBytes(),
                token.blockBytes(DType.BF16),
                token.blockBytes(DType.F32),
                Math.min(context, kept),
                Decoder.activationBytes(model, DType.BF16, batch),
                Decoder.activationBytes(model, DType.F32, batch));
    }

    /** Most tokens, of all sequences together, whose keys and values fit a GPU with {@code memory} bytes; 0 if none do. */
    public long tokensOnGpu(long memory) {
        MemoryPlan plan =
                MemoryPlan.of(
                        "a GPU",
                        new DeviceBytes(memory, memory),
                        EngineConfig.defaults(),
                        weightBytes,
                        gpuActivationBytes);
        return Math.max(0, plan.kvBytes() / gpuKvBytesPerToken);
    }

    /** The same for {@code memory} bytes that the CPU backend may use. */
    public long tokensOnHost(long memory) {
        return Math.max(0, (memory - weightBytes - hostActivationBytes) / hostKvBytesPerToken);
    }
}
