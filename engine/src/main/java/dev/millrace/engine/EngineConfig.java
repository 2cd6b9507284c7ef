package dev.millrace.engine;

import dev.millrace.kernels.KernelsConfig.ActivationQuantization;
import dev.millrace.kernels.KernelsConfig.ComputePrecision;
import dev.millrace.kernels.KernelsConfig.WeightRounding;
import java.io.Serializable;
import java.time.Duration;

/**
 * Every limit and choice of an engine. {@link EngineOption} says which values are allowed; an engine checks them when it loads.
 *
 * @param device {@code auto}, {@code cpu}, {@code cuda} or {@code cuda:N}
 * @param threads threads of the CPU backend, the engine thread included
 * @param computePrecision arithmetic of the CPU backend
 * @param activationQuantization whether activations are rounded to 8 bits where the checkpoint's scheme says so
 * @param quantization what the CPU backend rounds weights to
 * @param maxNumSeqs most sequences in one step
 * @param maxNumBatchedTokens most tokens in one step
 * @param maxModelLen most tokens of prompt and answer together; 0 for what the model allows
 * @param blockSize tokens per KV block
 * @param kvCacheBytes memory for keys and values; 0 for what a GPU has left, or 512 MiB on the CPU
 * @param kvCacheDtype what keys and values are stored in
 * @param gpuMemoryUtilization share of a GPU's memory that this engine may use
 * @param prefixCaching keep the blocks of finished sequences for prompts that begin alike
 * @param maxWaitingTokens prompt tokens that may wait; above, the engine refuses and says when to come back
 * @param queueCapacity commands that may wait for the engine thread
 * @param maxWait longest time a request is passed over by better placed ones
 * @param stepTimeout longest time for one step; after it the engine counts as hung and fails
 */
public record EngineConfig(
        String device,
        int threads,
        ComputePrecision computePrecision,
        ActivationQuantization activationQuantization,
        WeightRounding quantization,
        int maxNumSeqs,
        int maxNumBatchedTokens,
        int maxModelLen,
        int blockSize,
        long kvCacheBytes,
        KvCacheDtype kvCacheDtype,
        double gpuMemoryUtilization,
        boolean prefixCaching,
        long maxWaitingTokens,
        int queueCapacity,
        Duration maxWait,
        Duration stepTimeout)
        implements Serializable {

    /** What an engine does when nothing is said. */
    public static EngineConfig defaults() {
        return new EngineConfig(
                "auto",
                Runtime.getRuntime().availableProcessors(),
                ComputePrecision.FLOAT32,
                ActivationQuantization.AUTO,
                WeightRounding.CHECKPOINT,
                128,
                1024,
                0,
                8,
                0,
                KvCacheDtype.AUTO,
                0.9,
                true,
                1L << 20,
                4096,
                Duration.ofSeconds(30),
                Duration.ofMinutes(10));
    }
}
