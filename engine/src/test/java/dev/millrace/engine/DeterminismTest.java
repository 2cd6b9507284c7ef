package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.loader.Checkpoint;
import dev.millrace.engine.loader.TestingModels;
import dev.millrace.engine.model.ModelConfig;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.KvShape;
import dev.millrace.kernels.x86.Family;
import dev.millrace.kernels.x86.FamilyChoice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The same request gives the same bits, whatever runs beside it: alone, in batches of 1 to 64, chunked at any size,
 * preempted, with a prefix hit, on any number of threads, and going on after a restore at any token.
 */
class DeterminismTest {
    private static final String CODES = "quantized/gptqmodel-w8-g128-asym";
    private static final String E4M3 = "quantized/llmcompressor-fp8-block";
    private static final String W8A8 = "quantized/llmcompressor-w8a8";
    private static final int NUM_REQUESTS = 24;
    private static final int MAX_TOKENS = 20;
    private static final int GPU_MAX_TOKENS = 6;
    private static final String GPU = "cuda:0";

    @TempDir private Path temporary;

    @ParameterizedTest
    @ValueSource(strings = {"llama", "mistral-swa", "qwen3", "gpt_oss", "phi3-longrope"})
    void answersDoNotDependOnWhatRunsBeside(String model) throws Exception {
        List<Request> requests = requests(20261122);
        List<Completion> alone = aloneOneByOne(model, requests);
        for (EngineConfig config : variants().toList()) {
            try (LlmEngine engine = LlmEngine.load(Golden.folder(model).model(), config)) {
                assertSame(all(engine, requests), alone, config);
                assertSame(all(engine, requests), alone, config);
                boolean hit = engine.stats().cachedPromptTokens() > 0;
                assertThat(hit).as("%s", config).isEqualTo(config.prefixCaching());
            }
        }
    }

    /** Models with a window in every layer give back more than they take; SchedulerSimulationTest preempts those. */
    @ParameterizedTest
    @CsvSource({"llama, auto", "llama, int8", "qwen3, auto", "mixtral, auto", "cohere2, auto"})
    void preemptedAnswersHaveTheSameBits(String model, String kv) throws Exception {
        List<Request> requests = requests(20261123);
        Map<String, String> options = Map.of("kv-cache-dtype", kv);
        EngineConfig single = TestConfigs.of(1, 1, 256, 4L << 20, false);
        List<Completion> alone = all(model, EngineOptions.parse(options, single), requests);
        long blockBytes = blockBytes(model, kv.equals("int8") ? DType.INT8 : DType.F32);
        EngineConfig scarce =
                EngineOptions.parse(options, TestConfigs.of(2, 64, 64, 10 * blockBytes, false));
        try (LlmEngine engine = LlmEngine.load(Golden.folder(model).model(), scarce)) {
            expectShortAnswers(engine);
            assertSame(all(engine, requests), alone, scarce);
            assertThat(engine.stats().preemptions()).isPositive();
        }
    }

    /** On the emulated GPU with fewer and shorter requests, as it is slow; its own arithmetic, the same contract. */
    @ParameterizedTest
    @ValueSource(strings = {"llama", "mistral-swa", "gpt_oss"})
    void answersOnTheGpuDoNotDependOnWhatRunsBesideOrOnWhereTheyWentOn(String model)
            throws Exception {
        TestingDevices.assumeEmulator();
        List<Request> requests = shortened(requests(20261124).subList(0, 6));
        EngineConfig single = TestConfigs.of(1, 1, 256, 4L << 20, false);
        List<Completion> alone = all(model, TestingDevices.on(GPU, single), requests);
        for (EngineConfig config : gpuVariants().toList()) {
            EngineConfig onGpu = TestingDevices.on(GPU, config);
            assertSame(all(model, onGpu, requests), alone, onGpu);
        }
        EngineConfig small = TestingDevices.on(GPU, TestConfigs.small());
        for (int have : new int[] {1, 4}) {
            List<Request> resumed = new ArrayList<>();
            for (int i = 0; i < requests.size(); i++) {
                resumed.add(requests.get(i).withResumed(prefixes(alone.get(i), have)));
            }
            assertSame(all(model, small, resumed), alone, "resumed with " + have);
        }
    }

    /** In every instruction family and arithmetic that the processor has beside the default. */
    @ParameterizedTest
    @MethodSource("arithmetics")
    void answersInEveryArithmeticDoNotDependOnWhatRunsBesideOrOnWhereTheyWentOn(
            String model, String family, Map<String, String> options) throws Exception {
        List<Request> requests = requests(20261126).subList(0, 12);
        System.setProperty(FamilyChoice.PROPERTY, family);
        try {
            EngineConfig single = TestConfigs.of(1, 1, 256, 4L << 20, false);
            List<Completion> alone = all(model, EngineOptions.parse(options, single), requests);
            Stream<EngineConfig> threads = Stream.of(TestConfigs.of(3, 64, 48, 16L << 20, true));
            for (EngineConfig config : Stream.concat(gpuVariants(), threads).toList()) {
                EngineConfig variant = EngineOptions.parse(options, config);
                assertSame(
                        all(model, variant, requests), alone, model + " " + family + " " + variant);
            }
            List<Request> resumed = new ArrayList<>();
            for (int i = 0; i < requests.size(); i++) {
                resumed.add(requests.get(i).withResumed(prefixes(alone.get(i), 7)));
            }
            EngineConfig small = EngineOptions.parse(options, TestConfigs.small());
            assertSame(all(model, small, resumed), alone, family + " resumed");
        } finally {
            System.clearProperty(FamilyChoice.PROPERTY);
        }
    }

    static Stream<Arguments> arithmetics() {
        Stream.Builder<Arguments> all = Stream.builder();
        all.add(arithmetic("llama", "off", "float32", "checkpoint", "auto"));
        all.add(arithmetic("mistral-swa", "off", "float32", "checkpoint", "int8"));
        for (Family family : Family.available()) {
            String name = family.text();
            all.add(arithmetic("llama", name, "float32", "checkpoint", "auto"));
            all.add(arithmetic("llama", name, "auto", "int8", "auto"));
            all.add(arithmetic("llama", name, "auto", "int8", "int8"));
            all.add(arithmetic(CODES, name, "float32", "checkpoint", "int8"));
            all.add(arithmetic(E4M3, name, "float32", "checkpoint", "auto"));
            if (family.hasBfloat16()) {
                all.add(arithmetic("llama", name, "bfloat16", "checkpoint", "auto"));
                all.add(arithmetic("mistral-swa", name, "bfloat16", "checkpoint", "int8"));
                all.add(arithmetic("llama", name, "bfloat16", "fp8", "auto"));
                all.add(arithmetic(W8A8, name, "bfloat16", "checkpoint", "auto"));
            }
        }
        return all.build();
    }

    private static Arguments arithmetic(
            String model, String family, String precision, String quantization, String kv) {
        Map<String, String> options =
                Map.of(
                        "compute-precision",
                        precision,
                        "quantization",
                        quantization,
                        "kv-cache-dtype",
                        kv);
        return Arguments.of(model, family, options);
    }

    static Stream<EngineConfig> gpuVariants() {
        long plenty = 4L << 20;
        return Stream.of(
                TestConfigs.of(1, 3, 256, plenty, true),
                TestConfigs.of(1, 64, 256, plenty, true),
                TestConfigs.of(1, 64, 17, plenty, false),
                TestConfigs.of(1, 64, 64, plenty, false));
    }

    private static List<Request> shortened(List<Request> requests) {
        List<Request> shorter = new ArrayList<>();
        for (int i = 0; i < requests.size(); i++) {
            SamplingParams.Builder builder = sampling(i).toBuilder().maxTokens(GPU_MAX_TOKENS);
            Request request = requests.get(i);
            shorter.add(Request.of(request.id(), request.prompt(), builder.build()));
        }
        return shorter;
    }

    private List<Completion> all(String model, EngineConfig config, List<Request> requests)
            throws Exception {
        try (LlmEngine engine = LlmEngine.load(checkpoint(model, temporary), config)) {
            return all(engine, requests);
        }
    }

    /** The model's folder; a checkpoint without a tokenizer gets that of another model of as many tokens in {@code temporary}. */
    static Path checkpoint(String model, Path temporary) throws IOException {
        if (!model.startsWith("quantized/")) {
            return Golden.folder(model).model();
        }
        Path checkpoint = TestingModels.path(model);
        Path folder = Files.createDirectories(temporary.resolve(checkpoint.getFileName()));
        for (Path parent : List.of(TestingModels.path("llama"), checkpoint)) {
            for (String name : List.of("tokenizer.json", "config.json", "model.safetensors")) {
                if (Files.exists(parent.resolve(name))) {
                    Files.copy(
                            parent.resolve(name),
                            folder.resolve(name),
                            StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }
        return folder;
    }

    /** Answers that end at their first token, so that the engine admits more than it has blocks for. */
    static void expectShortAnswers(LlmEngine engine) throws Exception {
        Set<Integer> everyToken =
                IntStream.range(0, engine.vocabSize()).boxed().collect(Collectors.toSet());
        SamplingParams sampling =
                SamplingParams.builder().maxTokens(60).stopTokenIds(everyToken).build();
        Request request = Request.of("short", new Prompt.Tokens(TokenIds.of(1, 2, 3)), sampling);
        all(engine, Collections.nCopies(150, request));
    }

    static long blockBytes(String model, DType type) {
        try (Checkpoint checkpoint = Checkpoint.open(Golden.folder(model).model())) {
            ModelConfig config = checkpoint.config();
            return new KvShape(config.numLayers(), 1, 16, config.numKvHeads(), config.headDim())
                    .blockBytes(type);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "qwen3"})
    void answersGoOnFromAnyTokenWithTheSameBits(String model) throws Exception {
        List<Request> requests = requests(7).subList(0, 6);
        List<Completion> whole = aloneOneByOne(model, requests);
        try (LlmEngine engine = LlmEngine.load(Golden.folder(model).model(), TestConfigs.small())) {
            for (int have = 0; have <= MAX_TOKENS; have++) {
                List<Request> resumed = new ArrayList<>();
                for (int i = 0; i < requests.size(); i++) {
                    resumed.add(requests.get(i).withResumed(prefixes(whole.get(i), have)));
                }
                assertSame(all(engine, resumed), whole, "resumed with " + have);
            }
            assertThat(engine.stats().resumedTokens()).isPositive();
        }
    }

    static Stream<EngineConfig> variants() {
        long plenty = 16L << 20;
        Stream<EngineConfig> batches =
                IntStream.of(1, 2, 3, 8, 64)
                        .mapToObj(seqs -> TestConfigs.of(2, seqs, 256, plenty, true));
        Stream<EngineConfig> chunks =
                IntStream.of(1, 5, 16, 17, 64)
                        .mapToObj(tokens -> TestConfigs.of(2, 64, tokens, plenty, false));
        Stream<EngineConfig> threads =
                IntStream.of(1, 3).mapToObj(count -> TestConfigs.of(count, 64, 48, plenty, true));
        return Stream.of(batches, chunks, threads).flatMap(each -> each);
    }

    /** Prompts of 1 to 90 tokens, half of them with a common beginning, and every kind of sampling. */
    static List<Request> requests(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int[] shared = random.ints(40, 0, 500).toArray();
        List<Request> requests = new ArrayList<>();
        for (int i = 0; i < NUM_REQUESTS; i++) {
            int[] ids = random.ints(1 + random.nextInt(90), 0, 500).toArray();
            if (i % 2 == 0) {
                System.arraycopy(shared, 0, ids, 0, Math.min(shared.length, ids.length));
            }
            requests.add(Request.of("r" + i, new Prompt.Tokens(TokenIds.of(ids)), sampling(i)));
        }
        return requests;
    }

    private static SamplingParams sampling(int i) {
        SamplingParams.Builder builder =
                SamplingParams.builder()
                        .seed(i)
                        .maxTokens(MAX_TOKENS)
                        .ignoreEos(i % 3 != 0)
                        .logprobs(i % 4 == 1 ? 3 : -1);
        return switch (i % 6) {
            case 0 -> builder.temperature(0).build();
            case 1 -> builder.temperature(0.8f).topP(0.9f).build();
            case 2 -> builder.temperature(1.2f).topK(20).minP(0.02f).build();
            case 3 -> builder.temperature(0).repetitionPenalty(1.3f).frequencyPenalty(0.2f).build();
            case 4 -> builder.temperature(1).n(3).build();
            default -> builder.temperature(0.7f).presencePenalty(0.5f).minTokens(5).build();
        };
    }

    private static List<Completion> aloneOneByOne(String model, List<Request> requests)
            throws Exception {
        EngineConfig config = TestConfigs.of(1, 64, 256, 16L << 20, false);
        List<Completion> completions = new ArrayList<>();
        try (LlmEngine engine = LlmEngine.load(Golden.folder(model).model(), config)) {
            for (Request request : requests) {
                completions.add(engine.submit(request).get());
            }
        }
        return completions;
    }

    private static List<Completion> all(LlmEngine engine, List<Request> requests) throws Exception {
        List<Generation> generations = new ArrayList<>();
        for (Request request : requests) {
            generations.add(engine.submit(request));
        }
        List<Completion> completions = new ArrayList<>();
        for (Generation generation : generations) {
            completions.add(generation.get());
        }
        return completions;
    }

    private static List<Progress> prefixes(Completion completion, int have) {
        List<Progress> prefixes = new ArrayList<>();
        for (Output output : completion.outputs()) {
            int count = Math.min(have, output.tokenIds().size());
            List<TokenLogprob> logprobs =
                    output.logprobs().isEmpty() ? List.of() : output.logprobs().subList(0, count);
            prefixes.add(
                    new Progress(
                            TokenIds.ofRange(output.tokenIds().toArray(), 0, count), logprobs));
        }
        return prefixes;
    }

    /** Outputs carry token ids, text, finish reasons and log-probabilities; floats are equal only if their bits are. */
    private static void assertSame(
            List<Completion> actual, List<Completion> expected, Object variant) {
        for (int i = 0; i < expected.size(); i++) {
            assertThat(actual.get(i).outputs())
                    .as("%s with %s", expected.get(i).requestId(), variant)
                    .isEqualTo(expected.get(i).outputs());
        }
    }
}
