package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The heap does not grow with the number of requests served, and all blocks are free in the end. */
class SoakITCase {
    private static final int NUM_REQUESTS = 100_000;
    private static final int NUM_WARMUP = 20_000;
    private static final int AT_ONCE = 1_000;
    private static final long MAX_GROWTH_BYTES = 4L << 20;

    @Test
    void heapIsFlatOverManyRequests() throws Exception {
        EngineConfig config = TestConfigs.of(2, 64, 512, 4L << 20, true);
        try (LlmEngine engine = LlmEngine.load(Golden.folder("llama").model(), config)) {
            serve(engine, NUM_WARMUP);
            long before = usedHeap();
            serve(engine, NUM_REQUESTS);
            assertThat(usedHeap() - before).isLessThan(MAX_GROWTH_BYTES);
            assertThat(engine.stats().usedBlocks()).isZero();
            assertThat(engine.stats().waitingTokens()).isZero();
        }
    }

    private static void serve(LlmEngine engine, int count) throws Exception {
        SamplingParams sampling = SamplingParams.greedy(2);
        for (int served = 0; served < count; served += AT_ONCE) {
            List<Generation> generations = new ArrayList<>(AT_ONCE);
            for (int i = 0; i < AT_ONCE; i++) {
                Prompt prompt =
                        new Prompt.Tokens(TokenIds.of(i % 500, (served / AT_ONCE) % 500, 7));
                generations.add(engine.submit(Request.of("r", prompt, sampling)));
            }
            for (Generation generation : generations) {
                generation.get();
            }
        }
    }

    private static long usedHeap() {
        // Twice, as the first collection may only enqueue what the second frees.
        System.gc();
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }
}
