package dev.millrace.engine;

import java.util.Map;
import java.util.SplittableRandom;

/**
 * An engine loop, stepped by hand, for which there is always more to do: random prompts of one length, answers of one length.
 *
 * <p>Thread-safety: none.
 */
final class SteadyLoad {
    private static final long SEED = 29;
    private static final String MOST_WAITING_TOKENS = "1000000000";

    private final EngineLoop loop;
    private final RequestIntake intake;
    private final SplittableRandom random = new SplittableRandom(SEED);
    private final int vocabSize;
    private final int inputLen;
    private final int outputLen;
    private final int inFlight;
    private int submitted;

    SteadyLoad(EngineParts parts, EngineConfig config, int inputLen, int outputLen) {
        EngineConfig open =
                EngineOptions.parse(Map.of("max-waiting-tokens", MOST_WAITING_TOKENS), config);
        loop = new EngineLoop(parts, open, new KvForecast(), System::nanoTime);
        intake = new RequestIntake(parts, open, System::nanoTime);
        vocabSize = parts.model().vocabSize();
        this.inputLen = inputLen;
        this.outputLen = outputLen;
        long slots = (long) parts.numBlocks() * config.blockSize();
        long fitting = Math.max(1, slots / (inputLen + outputLen / 2));
        inFlight = (int) Math.min(config.maxNumSeqs(), fitting);
    }

    /** Steps until the first sequences, whose answers have all lengths, are done. */
    void reachMiddle() {
        for (int i = 1; i <= inFlight; i++) {
            submit(Math.max(1, (int) ((long) outputLen * i / inFlight)));
        }
        while (loop.stats().finishedRequests() < inFlight) {
            step();
        }
    }

    /** One round of the loop; before it, enough requests wait. */
    void step() {
        while (waiting() < Math.max(1, inFlight / 8)) {
            submit(outputLen);
        }
        loop.doWork();
    }

    /** Requests that the loop has not begun with, drained or not. */
    private long waiting() {
        EngineStats stats = loop.stats();
        long begun = loop.scheduler().numRunning() + stats.finishedRequests();
        return submitted - begun - stats.failedRequests();
    }

    private void submit(int maxTokens) {
        SamplingParams sampling =
                SamplingParams.builder()
                        .temperature(0)
                        .maxTokens(maxTokens)
                        .ignoreEos(true)
                        .build();
        TokenIds ids = TokenIds.of(random.ints(inputLen, 0, vocabSize - 1).toArray());
        Request request = Request.of("r" + submitted, new Prompt.Tokens(ids), sampling);
        if (!loop.submit(intake.prepare(new Generation(request)))) {
            throw new IllegalStateException("the queue is full");
        }
        submitted++;
    }

    long generatedTokens() {
        return loop.stats().generatedTokens();
    }
}
