package dev.millrace.operator;

import dev.millrace.engine.EngineConfig;
import dev.millrace.engine.LlmEngine;
import dev.millrace.engine.TestingEngines;
import java.time.Duration;
import java.util.function.LongConsumer;

/** The fake engines that the operator's tests need. */
final class TestEngines {

    private TestEngines() {}

    static LlmEngine free() {
        return TestingEngines.engine(TestingEngines.config());
    }

    static LlmEngine hooked(LongConsumer hook) {
        return TestingEngines.engine(TestingEngines.config(), hook);
    }

    /** One step takes about this long. */
    static LlmEngine slow(Duration step) {
        return hooked(TestingEngines.delay(step));
    }

    static LlmEngine ofModel(String fingerprint) {
        return TestingEngines.engineWithFingerprint(fingerprint, TestingEngines.config());
    }

    /** Refuses requests while so many tokens wait. */
    static LlmEngine withWaitingTokens(long maxWaitingTokens, LongConsumer hook) {
        EngineConfig all = TestingEngines.config();
        EngineConfig config =
                new EngineConfig(
                        all.device(),
                        all.threads(),
                        all.computePrecision(),
                        all.activationQuantization(),
                        all.quantization(),
                        all.maxNumSeqs(),
                        all.maxNumBatchedTokens(),
                        all.maxModelLen(),
                        all.blockSize(),
                        all.kvCacheBytes(),
                        all.kvCacheDtype(),
                        all.gpuMemoryUtilization(),
                        all.prefixCaching(),
                        maxWaitingTokens,
                        all.queueCapacity(),
                        all.maxWait(),
                        all.stepTimeout());
        return TestingEngines.engine(config, hook);
    }
}
