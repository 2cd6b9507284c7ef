package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.Golden.GoldenPrompt;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Greedy tokens, prompt log-probabilities and their sum of every checkpoint, all prompts in one engine at once. */
class EngineGoldenTest {
    private static final int NUM_GREEDY = 24;

    @ParameterizedTest
    @MethodSource("dev.millrace.engine.Golden#all")
    void answersAgreeWithTransformers(Golden golden) throws Exception {
        EngineConfig config = TestConfigs.small();
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
            for (int i = 0; i < generations.size(); i++) {
                assertAgrees(generations.get(i).get(), golden.prompts().get(i));
            }
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
