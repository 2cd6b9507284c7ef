package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A decode step over a real model allocates next to nothing on the engine thread, what its requests cost included. */
class ModelRunnerAllocationTest {
    private static final int NUM_REQUESTS = 8;
    private static final int MAX_TOKENS = 240;
    private static final int MAX_ROUNDS = 60;
    private static final long MAX_BYTES_PER_STEP = 1024;

    @Test
    void decodeStepsAllocateLessThanOneKilobyte() throws Exception {
        EngineConfig config = TestConfigs.of(2, NUM_REQUESTS, 256, 32L << 20, true);
        try (LlmEngine engine = LlmEngine.load(Golden.folder("llama").model(), config)) {
            // Vectors are objects until the compiler has seen enough; what counts is the state that
            // it reaches.
            long least = Long.MAX_VALUE;
            for (int round = 0; round < MAX_ROUNDS && least >= MAX_BYTES_PER_STEP; round++) {
                least = Math.min(least, bytesPerStep(engine));
            }
            assertThat(least).isLessThan(MAX_BYTES_PER_STEP);
        }
    }

    private static long bytesPerStep(LlmEngine engine) throws Exception {
        long stepsBefore = engine.stats().steps();
        long bytesBefore = allocatedBytes();
        answerAll(engine);
        return (allocatedBytes() - bytesBefore) / (engine.stats().steps() - stepsBefore);
    }

    private static void answerAll(LlmEngine engine) throws Exception {
        SamplingParams sampling =
                SamplingParams.builder()
                        .temperature(0)
                        .maxTokens(MAX_TOKENS)
                        .ignoreEos(true)
                        .build();
        List<Generation> generations = new ArrayList<>();
        for (int i = 0; i < NUM_REQUESTS; i++) {
            Prompt prompt = new Prompt.Tokens(TokenIds.of(1 + i, 2, 3));
            generations.add(engine.submit(Request.of("r" + i, prompt, sampling)));
        }
        for (Generation generation : generations) {
            assertThat(generation.get().usage().generatedTokens()).isEqualTo(MAX_TOKENS);
        }
    }

    private static long allocatedBytes() {
        com.sun.management.ThreadMXBean threads =
                (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        Thread engineThread =
                Thread.getAllStackTraces().keySet().stream()
                        .filter(thread -> thread.getName().startsWith("millrace-engine-llama"))
                        .findFirst()
                        .orElseThrow();
        return threads.getThreadAllocatedBytes(engineThread.getId());
    }
}
