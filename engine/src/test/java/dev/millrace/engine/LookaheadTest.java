package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** On the emulated GPU a host that is a step ahead gives the bits of one that waits for every step. */
final class LookaheadTest {
    private static final int NUM_REQUESTS = 12;
    private static final int VOCAB_SIZE = 500;
    private static final AnswerFormat SCHEMA =
            new AnswerFormat.JsonSchema(
                    """
                    {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 99}, "maxItems": 5}
                    """);
    private static final AnswerFormat LETTERS = new AnswerFormat.Regex("[a-f]{3,9}-\\d{2}");
    private static final Path MODEL = Golden.folder("llama").model();

    /** Six blocks and six sequences, so that some are preempted; 24 tokens a step, so that prompts are chunked. */
    private static final EngineConfig CONFIG = TestConfigs.of(1, 6, 24, 6 * 6144, true);

    /** What became of a load. */
    private record Result(List<Generation> generations, EngineStats stats) {}

    @BeforeAll
    static void needsTheEmulator() {
        TestingDevices.assumeEmulator();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 4})
    void answersAreThoseOfAHostThatWaits(long seed) {
        Result waiting = run(seed, false);
        Result ahead = run(seed, true);
        assertThat(ahead.stats().preemptions()).as("seed %d", seed).isPositive();
        for (int i = 0; i < NUM_REQUESTS; i++) {
            Generation generation = ahead.generations().get(i);
            if (generation.isCancelled()) {
                continue;
            }
            Completion expected = waiting.generations().get(i).join();
            Completion actual = generation.join();
            assertThat(actual.outputs()).as("r%d, seed %d", i, seed).isEqualTo(expected.outputs());
            assertThat(actual.promptLogprobs()).isEqualTo(expected.promptLogprobs());
            assertThat(actual.usage().generatedTokens())
                    .isEqualTo(expected.usage().generatedTokens());
        }
    }

    /** Rounds on this thread, with one request cancelled on the way. */
    private static Result run(long seed, boolean ahead) {
        EngineConfig config = TestingDevices.on("cuda:0", CONFIG);
        SplittableRandom random = new SplittableRandom(seed);
        List<Generation> generations = new ArrayList<>();
        try (EngineParts loaded = ModelLoader.load(MODEL, config)) {
            assertThat(loaded.runner().stepsAhead()).isEqualTo(1);
            EngineParts parts = ahead ? loaded : waiting(loaded);
            // Answers that are expected to be empty, so that all are admitted that fit now.
            KvForecast forecast = new KvForecast(-0.1);
            EngineLoop loop = new EngineLoop(parts, config, forecast, () -> 0);
            RequestIntake intake = new RequestIntake(parts, config, () -> 0);
            for (int i = 0; i < NUM_REQUESTS; i++) {
                generations.add(new Generation(request(random, i)));
                loop.submit(intake.prepare(generations.get(i)));
            }
            int cancelAt = random.nextInt(3, 12);
            for (int round = 0; loop.doWork() > 0; round++) {
                if (round == cancelAt) {
                    generations.get(random.nextInt(NUM_REQUESTS)).cancel(false);
                }
            }
            assertThat(loop.scheduler().pool().numUsed()).isZero();
            return new Result(generations, loop.stats());
        }
    }

    /** The same parts, with every step read before the next is launched. */
    private static EngineParts waiting(EngineParts parts) {
        BatchRunner waiting =
                new ForwardingBatchRunner(parts.runner()) {
                    @Override
                    public int stepsAhead() {
                        return 0;
                    }
                };
        return new EngineParts(
                parts.model(),
                parts.tokenizer(),
                parts.chatTemplate(),
                parts.textStreams(),
                waiting,
                parts.numBlocks(),
                parts.kvBytesPerToken());
    }

    private static Request request(SplittableRandom random, int number) {
        int[] ids = random.ints(random.nextInt(1, 50), 0, VOCAB_SIZE).toArray();
        if (number % 3 == 0) {
            java.util.Arrays.fill(ids, 0, Math.min(20, ids.length), 7);
        }
        SamplingParams.Builder sampling =
                SamplingParams.builder()
                        .seed(number)
                        .maxTokens(random.nextInt(1, 16))
                        .temperature(number % 4 == 0 ? 0 : 1)
                        .logprobs(number % 4 == 1 ? 2 : -1)
                        .promptLogprobs(number % 5 == 0)
                        .n(number % 4 == 3 ? 3 : 1);
        // Stops that come at any token; what depends on the tokens before; what changes logits.
        switch (number % 8) {
            case 0 -> sampling.stopTokenIds(someTokens(random));
            case 1 -> sampling.repetitionPenalty(1.4f).frequencyPenalty(0.5f).presencePenalty(0.3f);
            case 2 -> sampling.stop(List.of("a", "e", "1")).topP(0.9f);
            case 3 -> sampling.logitBias(Map.of(5, 4f, 9, -3f)).repetitionPenalty(1.2f);
            case 4 -> sampling.format(SCHEMA).maxTokens(24);
            case 5 -> sampling.format(LETTERS).maxTokens(16).frequencyPenalty(1);
            case 6 -> sampling.allowedTokenIds(someTokens(random)).stopTokenIds(someTokens(random));
            default ->
                    sampling.frequencyPenalty(1.5f).stopTokenIds(someTokens(random)).minTokens(1);
        }
        Prompt prompt = new Prompt.Tokens(TokenIds.of(ids));
        return Request.of("r" + number, prompt, sampling.build());
    }

    /** A sixth of the vocabulary. */
    private static Set<Integer> someTokens(SplittableRandom random) {
        int first = random.nextInt(6);
        return IntStream.range(0, VOCAB_SIZE)
                .filter(id -> (id * 31 + 7) % 6 == first)
                .boxed()
                .collect(Collectors.toSet());
    }
}
