package dev.millrace.engine;

import java.util.Arrays;
import java.util.function.LongSupplier;

/**
 * Runs a request before the engine starts, so that what steps allocate when they first run is there and can be measured. Its
 * memory does not depend on its size: workspaces have their largest size from the start.
 *
 * <p>Thread-safety: none.
 */
final class FirstSteps {
    private static final int MAX_TOKENS = 4;

    /** The third step repeats the shape of the second, so that the device records it. */
    private static final int RECORDED_STEP = 2;

    private FirstSteps() {}

    /**
     * Runs them.
     *
     * @param freeBytes memory that the device has free
     * @return bytes that the record of one step takes
     */
    static long run(EngineParts parts, EngineConfig config, LongSupplier freeBytes) {
        EngineLoop loop = new EngineLoop(parts, config, new KvForecast(), () -> 0);
        RequestIntake intake = new RequestIntake(parts, config, () -> 0);
        int[] prompt = new int[Math.min(2, intake.maxModelLen() - 1)];
        Arrays.fill(prompt, 1);
        SamplingParams sampling =
                SamplingParams.builder().maxTokens(MAX_TOKENS).ignoreEos(true).build();
        Request request = Request.of("first", new Prompt.Tokens(TokenIds.of(prompt)), sampling);
        boolean unused = loop.submit(intake.prepare(new Generation(request)));
        long recorded = 0;
        int work = 1;
        for (int step = 0; work > 0; step++) {
            long before = freeBytes.getAsLong();
            work = loop.doWork();
            recorded += step == RECORDED_STEP ? before - freeBytes.getAsLong() : 0;
        }
        return Math.max(0, recorded);
    }
}
