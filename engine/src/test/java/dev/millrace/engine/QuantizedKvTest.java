package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Engines whose keys and values are e4m3, on the emulated GPU. */
class QuantizedKvTest {
    private static final long SEED = 20261126;
    private static final int MAX_TOKENS = 6;

    /** Of log-probabilities of the prompt's tokens: what three bits of mantissa may be off by. */
    private static final double RELATIVE_ERROR = 0x1p-4;

    @BeforeEach
    void theEmulatorIsThere() {
        TestingDevices.assumeEmulator();
    }

    private static EngineConfig gpu(EngineConfig config, String dtype) {
        return EngineOptions.parse(Map.of("device", "cuda:0", "kv-cache-dtype", dtype), config);
    }

    private static EngineConfig fp8(int maxNumSeqs, int maxTokens, long kvBytes, boolean prefixes) {
        return gpu(TestConfigs.of(1, maxNumSeqs, maxTokens, kvBytes, prefixes), "fp8");
    }

    private static Path model(String name) {
        return Golden.folder(name).model();
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "mistral-swa", "qwen3"})
    void answersAreCloseToThoseOf16Bits(String name) throws Exception {
        List<Request> requests = new ArrayList<>();
        for (Request request : requests(4)) {
            SamplingParams scored =
                    SamplingParams.builder()
                            .temperature(0)
                            .maxTokens(1)
                            .logprobs(1)
                            .promptLogprobs(true)
                            .build();
            requests.add(Request.of(request.id(), request.prompt(), scored));
        }
        EngineConfig config = TestConfigs.of(1, 8, 256, 1L << 20, false);
        List<Completion> halves = all(model(name), gpu(config, "auto"), requests);
        List<Completion> bytes = all(model(name), gpu(config, "fp8"), requests);
        double difference = 0;
        double magnitude = 0;
        for (int i = 0; i < requests.size(); i++) {
            List<TokenLogprob> expected = halves.get(i).promptLogprobs();
            List<TokenLogprob> actual = bytes.get(i).promptLogprobs();
            for (int t = 1; t < expected.size(); t++) {
                difference += Math.abs(expected.get(t).logprob() - actual.get(t).logprob());
                magnitude += Math.abs(expected.get(t).logprob());
            }
        }
        assertThat(difference / magnitude)
                .as("%s, seed %d", name, SEED)
                .isBetween(1e-6, RELATIVE_ERROR);
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "mistral-swa"})
    void answersDoNotDependOnBatchChunksPrefixesOrWhereTheyWentOn(String name) throws Exception {
        List<Request> requests = requests(6);
        Path model = model(name);
        List<Completion> alone = all(model, fp8(1, 256, 1L << 20, false), requests);
        for (EngineConfig config :
                List.of(fp8(64, 256, 1L << 20, true), fp8(64, 17, 1L << 20, false))) {
            assertSame(all(model, config, requests), alone, config);
        }
        List<Request> resumed = new ArrayList<>();
        for (int i = 0; i < requests.size(); i++) {
            resumed.add(requests.get(i).withResumed(firstTokens(alone.get(i), 3)));
        }
        assertSame(all(model, fp8(8, 64, 1L << 20, false), resumed), alone, "resumed");
    }

    @Test
    void prefixHitsLeaveTheBitsAlone() throws Exception {
        List<Request> requests = requests(6);
        Path model = model("llama");
        List<Completion> alone = all(model, fp8(1, 256, 1L << 20, false), requests);
        try (LlmEngine engine = LlmEngine.load(model, fp8(64, 64, 1L << 20, true))) {
            assertSame(all(engine, requests), alone, "no hits");
            assertSame(all(engine, requests), alone, "hits");
            assertThat(engine.stats().cachedPromptTokens()).isPositive();
        }
    }

    @Test
    void preemptionsLeaveTheBitsAlone() throws Exception {
        Path model = model("llama");
        List<Request> requests = longAnswers(5);
        List<Completion> alone = all(model, fp8(1, 256, 1L << 20, false), requests);
        EngineConfig scarce = fp8(64, 64, 9 * 16 * bytesPerToken(model, "fp8"), false);
        try (LlmEngine engine = LlmEngine.load(model, scarce)) {
            expectShortAnswers(engine);
            assertSame(all(engine, requests), alone, scarce);
            assertThat(engine.stats().preemptions()).isPositive();
        }
    }

    /** One block of prompt, three of answer. */
    private static List<Request> longAnswers(int count) {
        SplittableRandom random = new SplittableRandom(SEED);
        SamplingParams sampling =
                SamplingParams.builder().temperature(0).maxTokens(40).ignoreEos(true).build();
        List<Request> requests = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            TokenIds ids = TokenIds.of(random.ints(14, 0, 500).toArray());
            requests.add(Request.of("long" + i, new Prompt.Tokens(ids), sampling));
        }
        return requests;
    }

    /** Answers that end at their first token, so that the engine admits more than it has blocks for. */
    private static void expectShortAnswers(LlmEngine engine) throws Exception {
        Set<Integer> everyToken =
                IntStream.range(0, engine.vocabSize()).boxed().collect(Collectors.toSet());
        SamplingParams sampling =
                SamplingParams.builder().maxTokens(60).stopTokenIds(everyToken).build();
        Request request = Request.of("short", new Prompt.Tokens(TokenIds.of(1, 2, 3)), sampling);
        all(engine, Collections.nCopies(40, request));
    }

    @Test
    void aTokenTakesHalfTheMemory() {
        Path model = model("llama");
        // 3 layers, keys and values, 2 heads of 16.
        assertThat(bytesPerToken(model, "auto")).isEqualTo(3 * 2 * 2 * 16 * 2);
        assertThat(bytesPerToken(model, "fp8")).isEqualTo(3 * 2 * 2 * 16);
    }

    private static long bytesPerToken(Path model, String dtype) {
        EngineConfig config = gpu(TestConfigs.of(1, 2, 64, 1L << 20, false), dtype);
        try (LlmEngine engine = LlmEngine.load(model, config)) {
            assertThat(engine.stats().totalBlocks()).isPositive();
            return engine.stats().kvBytesPerToken();
        }
    }

    @Test
    void theCpuRefusesWithWhatItHas() {
        EngineConfig config =
                EngineOptions.parse(Map.of("kv-cache-dtype", "fp8"), TestConfigs.small());
        assertThatThrownBy(() -> LlmEngine.load(model("llama"), config))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContainingAll("kv-cache-dtype on cpu", "[F32, INT8]", "auto");
    }

    @Test
    void theGpuRefusesIntegersWithWhatItHas() {
        EngineConfig config = gpu(TestConfigs.small(), "int8");
        assertThatThrownBy(() -> LlmEngine.load(model("llama"), config))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContainingAll(
                        "kv-cache-dtype on", "int8 for heads of 16", "[BF16, F8_E4M3]", "auto");
    }

    @Test
    void sequencesThatAreTooShortForCalibrationAreRefused() {
        EngineConfig config =
                EngineOptions.parse(Map.of("max-model-len", "15"), fp8(2, 64, 1L << 20, false));
        assertThatThrownBy(() -> LlmEngine.load(model("llama"), config))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContainingAll("max-model-len", "at least 16");
    }

    /** Scales of a millionth clip everything to nothing, so that answers say whose scales were used. */
    @Test
    void scalesOfTheCheckpointWin(@TempDir Path folder) throws Exception {
        Path source = model("llama-tied");
        for (String name : List.of("config.json", "tokenizer.json", "generation_config.json")) {
            if (Files.exists(source.resolve(name))) {
                Files.copy(source.resolve(name), folder.resolve(name));
            }
        }
        Files.copy(source.resolve("model.safetensors"), folder.resolve("model.safetensors"));
        List<Request> requests = requests(2);
        EngineConfig config = fp8(4, 64, 1L << 20, false);
        List<Completion> calibrated = all(folder, config, requests);
        withScales(folder.resolve("model.safetensors"), 0.125f);
        List<Completion> sensible = all(folder, config, requests);
        assertThat(outputs(sensible)).isNotEmpty();
        Files.copy(
                source.resolve("model.safetensors"),
                folder.resolve("model.safetensors"),
                java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        withScales(folder.resolve("model.safetensors"), 1e-6f);
        List<Completion> clipped = all(folder, config, requests);
        assertThat(outputs(clipped)).isNotEqualTo(outputs(calibrated));
    }

    private static List<List<Output>> outputs(List<Completion> completions) {
        return completions.stream().map(Completion::outputs).toList();
    }

    /** Adds k_scale and v_scale of all layers to a safetensors file. */
    private static void withScales(Path file, float scale) throws Exception {
        ByteBuffer old = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        int headerLength = Math.toIntExact(old.getLong());
        byte[] header = new byte[headerLength];
        old.get(header);
        int dataLength = old.remaining();
        StringBuilder text = new StringBuilder(new String(header, StandardCharsets.UTF_8).strip());
        text.setLength(text.length() - 1);
        int at = dataLength;
        for (int layer = 0; layer < 3; layer++) {
            for (String name : List.of("k_scale", "v_scale")) {
                text.append(",\"model.layers.%d.self_attn.%s\":".formatted(layer, name))
                        .append("{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":")
                        .append("[%d,%d]}".formatted(at, at + 4));
                at += 4;
            }
        }
        text.append('}');
        while (text.length() % 8 != 0) {
            text.append(' ');
        }
        byte[] newHeader = text.toString().getBytes(StandardCharsets.UTF_8);
        ByteBuffer all =
                ByteBuffer.allocate(8 + newHeader.length + at).order(ByteOrder.LITTLE_ENDIAN);
        all.putLong(newHeader.length).put(newHeader).put(old);
        while (all.hasRemaining()) {
            all.putFloat(scale);
        }
        Files.write(file, all.array());
    }

    /** Prompts of 1 to 90 tokens, half of them with a common beginning; greedy and drawn. */
    private static List<Request> requests(int count) {
        SplittableRandom random = new SplittableRandom(SEED);
        int[] shared = random.ints(40, 0, 500).toArray();
        List<Request> requests = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int[] ids = random.ints(1 + random.nextInt(90), 0, 500).toArray();
            if (i % 2 == 0) {
                System.arraycopy(shared, 0, ids, 0, Math.min(shared.length, ids.length));
            }
            SamplingParams sampling =
                    SamplingParams.builder()
                            .seed(i)
                            .maxTokens(MAX_TOKENS)
                            .ignoreEos(true)
                            .temperature(i % 3 == 2 ? 1 : 0)
                            .logprobs(i % 3 == 1 ? 2 : -1)
                            .build();
            requests.add(Request.of("r" + i, new Prompt.Tokens(TokenIds.of(ids)), sampling));
        }
        return requests;
    }

    private static List<Completion> all(Path model, EngineConfig config, List<Request> requests)
            throws Exception {
        try (LlmEngine engine = LlmEngine.load(model, config)) {
            return all(engine, requests);
        }
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

    private static List<Progress> firstTokens(Completion completion, int have) {
        Output output = completion.outputs().get(0);
        List<TokenLogprob> logprobs =
                output.logprobs().isEmpty() ? List.of() : output.logprobs().subList(0, have);
        return List.of(
                new Progress(TokenIds.ofRange(output.tokenIds().toArray(), 0, have), logprobs));
    }

    private static void assertSame(
            List<Completion> actual, List<Completion> expected, Object variant) {
        for (int i = 0; i < expected.size(); i++) {
            assertThat(actual.get(i).outputs())
                    .as("%s with %s, seed %d", expected.get(i).requestId(), variant, SEED)
                    .isEqualTo(expected.get(i).outputs());
        }
    }
}
