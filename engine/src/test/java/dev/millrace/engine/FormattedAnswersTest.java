package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers of a model with random weights, which knows no JSON, forced into forms. */
class FormattedAnswersTest {
    private static final String SCHEMA =
            """
            {"type": "object",
             "properties": {
               "category": {"enum": ["billing", "login", "bug"]},
               "score": {"type": "integer", "minimum": 0, "maximum": 100},
               "tags": {"type": "array", "items": {"type": "string", "maxLength": 6}, "maxItems": 3},
               "note": {"type": ["string", "null"], "maxLength": 40}},
             "required": ["category", "score", "note"]}
            """;
    private static final JsonMapper JSON =
            JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
    private static final JsonSchema JUDGE =
            JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(SCHEMA);
    private static final int MAX_TOKENS = 75;

    @ParameterizedTest
    @ValueSource(strings = {"cpu", "cuda:0"})
    void everyAnswerHasItsFormAndTheSameBitsInEveryBatch(String device) throws Exception {
        if (!device.equals("cpu")) {
            TestingDevices.assumeEmulator();
        }
        List<Request> requests = requests(device.equals("cpu") ? 12 : 4);
        List<Completion> alone =
                all(
                        requests,
                        TestingDevices.on(device, TestConfigs.of(1, 1, 256, 4L << 20, false)));
        for (int i = 0; i < requests.size(); i++) {
            for (Output output : alone.get(i).outputs()) {
                assertForm(requests.get(i).sampling().format(), output);
            }
        }
        EngineConfig together =
                TestingDevices.on(device, TestConfigs.of(1, 64, 64, 4L << 20, true));
        assertSame(all(requests, together), alone);
        EngineConfig scarce = TestingDevices.on(device, TestConfigs.of(1, 64, 64, 1L << 17, false));
        assertSame(all(requests, scarce), alone);
    }

    /** Forms of all kinds, some with several answers, and requests without a form between them. */
    private static List<Request> requests(int count) {
        List<Request> requests = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            AnswerFormat format =
                    switch (i % 4) {
                        case 0 -> new AnswerFormat.JsonSchema(SCHEMA);
                        case 1 -> null;
                        case 2 -> new AnswerFormat.Regex("[a-f]{3,9}-\\d{2}");
                        default -> new AnswerFormat.Choice(List.of("yes", "no", "not sure"));
                    };
            SamplingParams sampling =
                    SamplingParams.builder()
                            .temperature(i % 3)
                            .n(i % 3 == 2 ? 3 : 1)
                            .seed(i)
                            .logprobs(i % 2 == 0 ? 1 : -1)
                            .maxTokens(MAX_TOKENS)
                            .format(format)
                            .build();
            requests.add(Request.of("r" + i, new Prompt.Text("Ticket " + i + ": "), sampling));
        }
        return requests;
    }

    private static void assertForm(AnswerFormat format, Output output)
            throws JsonProcessingException {
        String text = output.text();
        if (format == null) {
            return;
        }
        assertThat(output.finishReason()).as(text).isEqualTo(FinishReason.STOP);
        if (format instanceof AnswerFormat.JsonSchema) {
            assertThat(JUDGE.validate(JSON.readTree(text))).as(text).isEmpty();
        } else if (format instanceof AnswerFormat.Regex regex) {
            assertThat(text).matches(regex.pattern());
        } else {
            assertThat(((AnswerFormat.Choice) format).texts()).contains(text);
        }
    }

    @Test
    void answersGoOnInTheirFormFromEveryToken() throws Exception {
        Request request = requests(1).get(0);
        EngineConfig config = TestConfigs.small();
        Completion whole = all(List.of(request), config).get(0);
        List<Request> resumed = new ArrayList<>();
        for (int have = 0; have <= whole.tokenIds().size(); have++) {
            Output output = whole.outputs().get(0);
            Progress progress = new Progress(output.tokenIds(), output.logprobs()).first(have);
            resumed.add(request.withResumed(List.of(progress)));
        }
        List<Completion> completions = all(resumed, config);
        for (Completion completion : completions) {
            assertThat(completion.outputs()).isEqualTo(whole.outputs());
        }
    }

    @Test
    void formsThatCannotBeHadAreRefusedAndOthersAnswered() throws Exception {
        try (LlmEngine engine =
                LlmEngine.load(Golden.folder("llama").model(), TestConfigs.small())) {
            Generation good = engine.submit(with(new AnswerFormat.Choice(List.of("a")), 8));
            assertRefused(
                    engine,
                    with(new AnswerFormat.JsonSchema("{\"unevaluatedItems\": {}}"), 8),
                    "LLM-GR-02",
                    "#/unevaluatedItems");
            assertRefused(
                    engine, with(new AnswerFormat.JsonSchema(SCHEMA), 8), "LLM-GR-08", "at least ");
            assertRefused(engine, with(new AnswerFormat.Regex("(a"), 8), "LLM-GR-01", "regex");
            Request stops = with(new AnswerFormat.Choice(List.of("a")), 8);
            SamplingParams sampling = stops.sampling().toBuilder().stop(List.of("a")).build();
            assertRefused(
                    engine,
                    Request.of("x", stops.prompt(), sampling),
                    "LLM-SP-17",
                    "Leave out stop");
            assertThat(good.get().text()).isEqualTo("a");
        }
    }

    private static Request with(AnswerFormat format, int maxTokens) {
        SamplingParams sampling =
                SamplingParams.builder().maxTokens(maxTokens).format(format).build();
        return Request.of("x", new Prompt.Text("Answer: "), sampling);
    }

    private static void assertRefused(
            LlmEngine engine, Request request, String code, String words) {
        assertThatThrownBy(() -> engine.submit(request).get())
                .hasMessageContaining(code)
                .hasMessageContaining(words);
    }

    private static List<Completion> all(List<Request> requests, EngineConfig config)
            throws InterruptedException, ExecutionException {
        try (LlmEngine engine = LlmEngine.load(Golden.folder("llama").model(), config)) {
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
    }

    private static void assertSame(List<Completion> actual, List<Completion> expected) {
        for (int i = 0; i < expected.size(); i++) {
            assertThat(actual.get(i).outputs()).isEqualTo(expected.get(i).outputs());
        }
    }
}
