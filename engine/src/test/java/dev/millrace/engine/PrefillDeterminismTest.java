package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.x86.FamilyChoice;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Label scores and embeddings have the same bits alone and among each other and generations, under all that {@link DeterminismTest} varies. */
class PrefillDeterminismTest {
    private static final String GPU = "cuda:0";

    private static final List<List<String>> LABELS =
            List.of(
                    List.of("yes", "no"),
                    List.of("positive", "negative", "neither of the two"),
                    List.of("New", "New York", "New Amsterdam", "York"),
                    List.of("a"),
                    IntStream.range(0, 20).mapToObj(i -> "label number " + i).toList());

    @TempDir private Path temporary;

    @ParameterizedTest
    @ValueSource(strings = {"llama", "mistral-swa", "qwen3", "gpt_oss", "phi3-longrope"})
    void resultsDoNotDependOnWhatRunsBeside(String model) throws Exception {
        List<Request> requests = DeterminismTest.requests(20261126);
        List<Object> alone =
                alone(
                        Golden.folder(model).model(),
                        TestConfigs.of(1, 64, 256, 16L << 20, false),
                        requests);
        for (EngineConfig config : DeterminismTest.variants().toList()) {
            try (LlmEngine engine = LlmEngine.load(Golden.folder(model).model(), config)) {
                assertThat(together(engine, requests)).as("%s", config).isEqualTo(alone);
                assertThat(together(engine, requests)).as("%s again", config).isEqualTo(alone);
                boolean hit = engine.stats().cachedPromptTokens() > 0;
                assertThat(hit).as("%s", config).isEqualTo(config.prefixCaching());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "cohere2"})
    void preemptedRequestsHaveTheSameBits(String model) throws Exception {
        List<Request> requests = DeterminismTest.requests(20261127);
        List<Object> alone =
                alone(
                        Golden.folder(model).model(),
                        TestConfigs.of(1, 64, 256, 16L << 20, false),
                        requests);
        long kvBytes = 10 * DeterminismTest.blockBytes(model, DType.F32);
        EngineConfig scarce = TestConfigs.of(2, 64, 64, kvBytes, false);
        try (LlmEngine engine = LlmEngine.load(Golden.folder(model).model(), scarce)) {
            DeterminismTest.expectShortAnswers(engine);
            List<Generation> others = requests.stream().map(engine::submit).toList();
            assertThat(together(engine, requests)).isEqualTo(alone);
            others.forEach(Generation::join);
            assertThat(engine.stats().preemptions()).isPositive();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "gpt_oss"})
    void resultsOnTheGpuDoNotDependOnWhatRunsBeside(String model) throws Exception {
        TestingDevices.assumeEmulator();
        List<Request> requests = DeterminismTest.requests(20261128).subList(0, 5);
        EngineConfig single = TestConfigs.of(1, 1, 256, 4L << 20, false);
        List<Object> alone =
                alone(Golden.folder(model).model(), TestingDevices.on(GPU, single), requests);
        for (EngineConfig config : DeterminismTest.gpuVariants().toList()) {
            EngineConfig onGpu = TestingDevices.on(GPU, config);
            try (LlmEngine engine = LlmEngine.load(Golden.folder(model).model(), onGpu)) {
                assertThat(together(engine, requests)).as("%s", onGpu).isEqualTo(alone);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("dev.millrace.engine.DeterminismTest#arithmetics")
    void resultsInEveryArithmeticDoNotDependOnWhatRunsBeside(
            String model, String family, Map<String, String> options) throws Exception {
        List<Request> requests = DeterminismTest.requests(20261129).subList(0, 10);
        System.setProperty(FamilyChoice.PROPERTY, family);
        try {
            EngineConfig single = TestConfigs.of(1, 1, 256, 4L << 20, false);
            Path checkpoint = DeterminismTest.checkpoint(model, temporary);
            List<Object> alone = alone(checkpoint, EngineOptions.parse(options, single), requests);
            EngineConfig threads = TestConfigs.of(3, 64, 48, 16L << 20, true);
            Stream<EngineConfig> all =
                    Stream.concat(DeterminismTest.gpuVariants(), Stream.of(threads));
            for (EngineConfig config : all.toList()) {
                EngineConfig variant = EngineOptions.parse(options, config);
                try (LlmEngine engine = LlmEngine.load(checkpoint, variant)) {
                    assertThat(together(engine, requests)).as("%s", variant).isEqualTo(alone);
                }
            }
        } finally {
            System.clearProperty(FamilyChoice.PROPERTY);
        }
    }

    private static List<Object> alone(Path checkpoint, EngineConfig config, List<Request> requests)
            throws Exception {
        try (LlmEngine engine = LlmEngine.load(checkpoint, config)) {
            List<Object> results = new ArrayList<>();
            for (int i = 0; i < requests.size(); i++) {
                for (CompletableFuture<?> future : submit(engine, requests.get(i), i)) {
                    results.add(content(future.get()));
                }
            }
            return results;
        }
    }

    private static List<Object> together(LlmEngine engine, List<Request> requests)
            throws Exception {
        List<CompletableFuture<?>> futures = new ArrayList<>();
        for (int i = 0; i < requests.size(); i++) {
            futures.addAll(submit(engine, requests.get(i), i));
        }
        List<Object> results = new ArrayList<>();
        for (CompletableFuture<?> future : futures) {
            results.add(content(future.get()));
        }
        return results;
    }

    /** The prompt's labels and its embedding; every third one is answered too. */
    private static List<CompletableFuture<?>> submit(LlmEngine engine, Request request, int i) {
        List<CompletableFuture<?>> futures = new ArrayList<>();
        if (i % 3 == 0) {
            futures.add(engine.submit(request));
        }
        List<String> labels = LABELS.get(i % LABELS.size());
        futures.add(
                engine.classify(
                        new LabelRequest(
                                "l", request.prompt(), labels, i % 4 == 3, Optional.empty())));
        Pooling pooling = i % 2 == 0 ? Pooling.MEAN : Pooling.LAST;
        futures.add(
                engine.embed(
                        new EmbedRequest(
                                "e", request.prompt(), pooling, i % 4 > 1, Optional.empty())));
        return futures;
    }

    /** Records of floating-point numbers are equal only if their bits are. */
    private static Object content(Object answer) {
        if (answer instanceof Completion completion) {
            return completion.outputs();
        }
        if (answer instanceof LabelScores scores) {
            return scores.scores();
        }
        Embedding embedding = (Embedding) answer;
        return IntStream.range(0, embedding.dimension()).mapToObj(embedding::get).toList();
    }
}
