package dev.millrace.engine;

import dev.millrace.kernels.TestingEmulator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;

/** Answers a few requests on the emulated GPU, in a process whose driver may fail, and says what came of each. */
final class DeviceFaultProbe {
    private static final int NUM_REQUESTS = 5;

    private DeviceFaultProbe() {}

    public static void main(String[] args) throws InterruptedException {
        if (!TestingEmulator.isLoaded()) {
            throw new AssertionError("no emulator");
        }
        EngineConfig config = TestingDevices.on("cuda:0", TestConfigs.of(1, 8, 64, 1L << 20, true));
        try (LlmEngine engine = LlmEngine.load(Golden.folder("llama").model(), config)) {
            List<Generation> generations = new ArrayList<>();
            for (int i = 0; i < NUM_REQUESTS; i++) {
                Prompt prompt = new Prompt.Tokens(TokenIds.of(3, 5 + i, 7));
                SamplingParams sampling =
                        SamplingParams.builder().maxTokens(8).ignoreEos(true).seed(i).build();
                generations.add(engine.submit(Request.of("r" + i, prompt, sampling)));
            }
            for (Generation generation : generations) {
                System.out.println("answer: " + outcome(generation));
            }
            System.out.println("engine failed: " + isBroken(engine));
        }
    }

    private static String outcome(Generation generation) throws InterruptedException {
        try {
            return Arrays.toString(generation.get().outputs().get(0).tokenIds().toArray());
        } catch (ExecutionException e) {
            return ((LlmException) e.getCause()).problem().code().id();
        }
    }

    private static boolean isBroken(LlmEngine engine) {
        try {
            Request request =
                    Request.of("last", new Prompt.Tokens(TokenIds.of(1)), SamplingParams.greedy(1));
            engine.submit(request).cancel(false);
            return false;
        } catch (EngineFailedException e) {
            return true;
        }
    }
}
