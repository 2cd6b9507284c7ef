package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.Golden.GoldenPrompt;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Greedy tokens, prompt log-probabilities and their sum of every checkpoint, all prompts in one engine at once. */
class EngineGoldenTest {
    private static final int NUM_GREEDY = 24;

    /** Two roundings of a GPU's arithmetic may add up: one of each logit that is compared. */
    private static final double NOISE_FACTOR = 2 * 1.5;

    @ParameterizedTest
    @MethodSource("dev.millrace.engine.Golden#all")
    void answersAgreeWithTransformers(Golden golden) throws Exception {
        List<Completion> completions = completions(golden, TestConfigs.small());
        for (int i = 0; i < completions.size(); i++) {
            assertAgrees(completions.get(i), golden.prompts().get(i));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "llama",
                "llama-linear-rope",
                "mistral-swa",
                "qwen2",
                "qwen3",
                "gemma3_text",
                "starcoder2",
                "gpt_oss"
            })
    void answersOnTheGpuAgreeAsFarAsItsArithmeticCan(String model) throws Exception {
        TestingDevices.assumeEmulator();
        Golden golden = Golden.folder(model);
        EngineConfig config = TestingDevices.on("cuda:0", TestConfigs.small());
        List<Completion> completions = completions(golden, config);
        for (int i = 0; i < completions.size(); i++) {
            assertAgreesRoughly(completions.get(i), golden.prompts().get(i), golden.noise());
        }
    }

    /** Greedy tokens are the reference's up to the first one whose margin is within the noise. */
    private static void assertAgreesRoughly(
            Completion completion, GoldenPrompt prompt, Golden.Noise noise) {
        double tolerance = NOISE_FACTOR * noise.maxAbsLogit();
        int i = 0;
        while (i < NUM_GREEDY && completion.tokenIds().get(i) == prompt.greedy().get(i)) {
            i++;
        }
        if (i < NUM_GREEDY) {
            assertThat(prompt.margins().get(i))
                    .as("%s, token %d", prompt.name(), i)
                    .isLessThan((float) tolerance);
        }
        for (int t = 1; t < prompt.ids().size(); t++) {
            float logprob = completion.promptLogprobs().get(t).logprob();
            assertThat((double) Math.abs(logprob - prompt.logprobs().get(t - 1)))
                    .as("%s %d", prompt.name(), t)
                    .isLessThan(tolerance);
        }
    }

    private static List<Completion> completions(Golden golden, EngineConfig config)
            throws Exception {
        try (LlmEngine engine = LlmEngine.load(golden.model(), config)) {
            SamplingParams sampling =
                    SamplingParams.builder()
                            .temperature(0)
                            .maxTokens(NUM_GREEDY)
                            .ignoreEos(true)
                            .promptLogprobs(true)
                            .build();
            List<Generation> generations = new ArrayList<>();
            for (GoldenPrompt prompt : golden.prompts()) {
                generations.add(
                        engine.submit(
                                Request.of(
                                        prompt.name(), new Prompt.Tokens(prompt.ids()), sampling)));
            }
            List<Completion> completions = new ArrayList<>();
            for (Generation generation : generations) {
                completions.add(generation.get());
            }
            return completions;
        }
    }

    private static void assertAgrees(Completion completion, GoldenPrompt prompt) {
        assertThat(completion.tokenIds()).as(prompt.name()).isEqualTo(prompt.greedy());
        List<TokenLogprob> logprobs = completion.promptLogprobs();
        assertThat(logprobs).hasSize(prompt.ids().size());
        assertThat(logprobs.get(0)).isNull();
        double nll = 0;
        for (int i = 1; i < logprobs.size(); i++) {
            float logprob = logprobs.get(i).logprob();
            assertThat(Math.abs(logprob - prompt.logprobs().get(i - 1)))
                    .as("%s %d", prompt.name(), i)
                    .isLessThan(2e-4f);
            nll -= logprob;
        }
        assertThat(Math.abs(nll - prompt.nll())).as(prompt.name()).isLessThan(1e-3);
    }
}
