package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.JsonSchema;
import dev.millrace.engine.grammar.GrammarError;
import dev.millrace.engine.grammar.SchemaCorpus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

/**
 * Answers of the whole engine under many schemas at once, with several answers to a request and too little memory for all:
 * valid, and the same bits as alone and when they go on from any token.
 */
class SchemaCorpusTest {
    private static final int MAX_TOKENS = 90;

    /** Models that do as they like, and one each that prefers what no schema allows, and that never stops. */
    private static final List<Map<Integer, Float>> BIASES =
            List.of(Map.of(), bias("\u0001\n~", 60), bias("]}\"", -60));

    private static Map<Integer, Float> bias(String characters, float value) {
        Map<Integer, Float> bias = new HashMap<>();
        // Single bytes are the first tokens of the test's model.
        characters.chars().forEach(character -> bias.put(character, value));
        return bias;
    }

    @Test
    void answersAreValidAndTheSameWhateverRunsBesideThem() throws Exception {
        List<Request> requests = new ArrayList<>();
        List<String> schemas = SchemaCorpus.written();
        for (int i = 0; i < schemas.size(); i++) {
            requests.add(request(schemas.get(i), i));
        }
        EngineConfig scarce = TestConfigs.of(1, 64, 64, 1L << 17, false);
        Map<Request, Completion> together = all(requests, scarce);
        assertThat(together).hasSizeGreaterThan(95);
        for (Map.Entry<Request, Completion> one : together.entrySet()) {
            assertValid(one.getKey(), one.getValue());
        }
        List<Request> resumed = new ArrayList<>();
        SplittableRandom random = new SplittableRandom(3);
        together.forEach((request, done) -> resumed.add(resume(request, done, random)));
        Map<Request, Completion> again = all(resumed, TestConfigs.of(1, 4, 256, 4L << 20, true));
        List<Completion> first = List.copyOf(together.values());
        List<Completion> second = List.copyOf(again.values());
        for (int i = 0; i < first.size(); i++) {
            assertThat(second.get(i).outputs()).isEqualTo(first.get(i).outputs());
        }
    }

    private static Request request(String schema, int index) {
        SamplingParams sampling =
                SamplingParams.builder()
                        .temperature(index % 2)
                        .n(index % 2 == 0 ? 1 : 1 + index % 3)
                        .seed(index)
                        .maxTokens(MAX_TOKENS)
                        .logitBias(BIASES.get(index / 2 % BIASES.size()))
                        .format(new AnswerFormat.JsonSchema(schema))
                        .build();
        return Request.of("r" + index, new Prompt.Text("Row " + index + ": "), sampling);
    }

    /** Each output has come as far as it likes. */
    private static Request resume(Request request, Completion done, SplittableRandom random) {
        List<Progress> progress = new ArrayList<>();
        for (Output output : done.outputs()) {
            int have = random.nextInt(output.tokenIds().size() + 1);
            progress.add(new Progress(output.tokenIds(), output.logprobs()).first(have));
        }
        return request.withResumed(progress);
    }

    private static void assertValid(Request request, Completion completion) throws Exception {
        String schema = ((AnswerFormat.JsonSchema) request.sampling().format()).schema();
        JsonSchema judge = SchemaCorpus.judge(schema);
        for (Output output : completion.outputs()) {
            assertThat(output.finishReason()).isEqualTo(FinishReason.STOP);
            assertThat(judge.validate(SchemaCorpus.parse(output.text())))
                    .as("%s: %s", schema, output.text())
                    .isEmpty();
        }
    }

    /** Those whose shortest answer has more tokens than the test's model can write are left out. */
    private static Map<Request, Completion> all(List<Request> requests, EngineConfig config)
            throws InterruptedException, ExecutionException {
        Map<Request, Completion> completions = new LinkedHashMap<>();
        try (LlmEngine engine = LlmEngine.load(Golden.folder("llama").model(), config)) {
            List<Generation> generations = new ArrayList<>();
            for (Request request : requests) {
                try {
                    generations.add(engine.submit(request));
                } catch (InvalidRequestException e) {
                    assertThat(e.problem().code()).isEqualTo(GrammarError.MAX_TOKENS);
                }
            }
            for (Generation generation : generations) {
                completions.put(generation.request(), generation.get());
            }
        }
        return completions;
    }
}
