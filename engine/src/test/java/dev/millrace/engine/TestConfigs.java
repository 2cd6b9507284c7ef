package dev.millrace.engine;

import dev.millrace.kernels.KernelsConfig.ActivationQuantization;
import dev.millrace.kernels.KernelsConfig.ComputePrecision;
import dev.millrace.kernels.KernelsConfig.WeightRounding;
import java.time.Duration;

/** Engine configurations small enough for tests. */
public final class TestConfigs {

    private TestConfigs() {}

    /** Two threads, room for 64 sequences, chunks of at most 256 tokens. */
    public static EngineConfig small() {
        return of(2, 64, 256, 16L << 20, true);
    }

    /** As {@link #small} with the limits that a test varies. */
    public static EngineConfig of(
            int threads,
            int maxNumSeqs,
            int maxNumBatchedTokens,
            long kvCacheBytes,
            boolean prefixCaching) {
        return new EngineConfig(
                "cpu",
                threads,
                ComputePrecision.FLOAT32,
                ActivationQuantization.AUTO,
                WeightRounding.CHECKPOINT,
                maxNumSeqs,
                maxNumBatchedTokens,
                0,
                16,
                kvCacheBytes,
                KvCacheDtype.AUTO,
                0.9,
                prefixCaching,
                1L << 20,
                4096,
                Duration.ofSeconds(30),
                Duration.ofMinutes(10));
    }
}
