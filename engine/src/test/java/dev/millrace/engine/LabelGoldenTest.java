package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.engine.Golden.GoldenPrompt;
import dev.millrace.engine.loader.TestingModels;
import dev.millrace.engine.tokenizer.HfTokenizer;
import dev.millrace.engine.tokenizer.Tokenizer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Label scores against the logits and log-probabilities of Hugging Face transformers. */
class LabelGoldenTest {
    private static final int MAX_LABELS = 40;
    private static final double TOLERANCE = 2e-4;

    /** So that prompt and label together turn by the angles of long sequences, as the reference does, in phi3-longrope. */
    private static final int MIN_START = 33;

    private static Stream<Golden> goldens() {
        return TestingModels.FOLDERS.stream().map(Golden::folder);
    }

    /** Labels of one token have the log-softmax of the logits behind the prompt. */
    @ParameterizedTest
    @MethodSource("goldens")
    void labelsOfOneTokenHaveItsLogSoftmax(Golden golden) throws Exception {
        try (LlmEngine engine = LlmEngine.load(golden.model(), TestConfigs.small());
                Tokenizer tokenizer = tokenizer()) {
            List<Integer> ids = labelIds(tokenizer);
            List<String> labels = ids.stream().map(id -> text(tokenizer, id)).toList();
            for (GoldenPrompt prompt : golden.prompts()) {
                LabelScores scores = engine.classify(request(prompt.ids(), labels)).get();
                double[] logits = prompt.logits().stream().mapToDouble(x -> x).toArray();
                double all = Softmax.logSumExp(logits);
                double some = Softmax.logSumExp(ids.stream().mapToDouble(i -> logits[i]).toArray());
                for (int i = 0; i < ids.size(); i++) {
                    LabelScore score = scores.scores().get(i);
                    double logit = logits[ids.get(i)];
                    assertThat(score.label()).isEqualTo(labels.get(i));
                    assertThat(score.logprob()).isCloseTo(logit - all, within(TOLERANCE));
                    double probability = Math.exp(logit - some);
                    assertThat(score.probability()).isCloseTo(probability, within(TOLERANCE));
                }
                assertThat(scores.usage().promptTokens()).isEqualTo(prompt.ids().size());
            }
        }
    }

    /** Parts of the longest prompt, whose log-probabilities are known, as labels of several tokens among others. */
    @ParameterizedTest
    @MethodSource("goldens")
    void labelsOfSeveralTokensHaveTheSum(Golden golden) throws Exception {
        GoldenPrompt prompt = golden.prompts().get(3);
        int[] ids = prompt.ids().toArray();
        int compared = 0;
        try (LlmEngine engine = LlmEngine.load(golden.model(), TestConfigs.small());
                Tokenizer tokenizer = tokenizer()) {
            for (int start = MIN_START; start + 2 < ids.length; start++) {
                int count = 2 + start % 4;
                int end = Math.min(start + count, ids.length);
                String label = tokenizer.decode(ids, start, end);
                int[] again = tokenizer.encode(label, false);
                if (Arrays.equals(again, 0, again.length, ids, start, end)) {
                    TokenIds before = TokenIds.ofRange(ids, 0, start);
                    List<String> labels = List.of("~~ one", label, "## another one");
                    double expected =
                            IntStream.range(start - 1, end - 1)
                                    .mapToDouble(i -> prompt.logprobs().get(i))
                                    .sum();
                    LabelScores scores = engine.classify(request(before, labels)).get();
                    assertThat(scores.scores().get(1).logprob())
                            .isCloseTo(expected, within(count * TOLERANCE));
                    compared++;
                }
            }
        }
        assertThat(compared).isGreaterThan(5);
    }

    /** Where a label begins another one, each is scored up to the end of the answer. */
    @ParameterizedTest
    @ValueSource(strings = {"llama", "llama3-rope", "qwen3", "mixtral"})
    void whereALabelBeginsAnotherTheEndCounts(String model) throws Exception {
        Golden golden = Golden.folder(model);
        TokenIds prompt = golden.prompts().get(2).ids();
        List<String> labels = List.of("New", "New York", "Old");
        try (LlmEngine engine = LlmEngine.load(golden.model(), TestConfigs.small());
                Tokenizer tokenizer = tokenizer()) {
            LabelScores scores = engine.classify(request(prompt, labels)).get();
            for (LabelScore score : scores.scores()) {
                int[] label = tokenizer.encode(score.label(), false);
                TokenIds answered = prompt.append(TokenIds.of(label), label.length);
                double expected = nll(engine, prompt) - nll(engine, answered);
                double[] ends =
                        Arrays.stream(endTokenIds(golden))
                                .mapToDouble(
                                        end ->
                                                nll(engine, answered)
                                                        - nll(
                                                                engine,
                                                                answered.append(
                                                                        TokenIds.of(end), 1)))
                                .toArray();
                expected += Softmax.logSumExp(ends);
                assertThat(score.logprob()).as(score.label()).isCloseTo(expected, within(1e-3));
            }
        }
    }

    private static int[] endTokenIds(Golden golden) {
        try (EngineParts parts = ModelLoader.load(golden.model(), TestConfigs.small())) {
            return parts.model().eosTokenIds().toArray();
        }
    }

    private static double nll(LlmEngine engine, TokenIds ids) {
        SamplingParams scoring =
                SamplingParams.builder().temperature(0).maxTokens(1).promptLogprobs(true).build();
        Request request = Request.of("nll", new Prompt.Tokens(ids), scoring);
        List<TokenLogprob> logprobs = engine.submit(request).join().promptLogprobs();
        return -logprobs.stream().skip(1).mapToDouble(TokenLogprob::logprob).sum();
    }

    private static Tokenizer tokenizer() throws IOException {
        return HfTokenizer.open(TestingModels.path("tokenizer/tokenizer.json"), 512);
    }

    /** Ids whose text becomes them again. */
    private static List<Integer> labelIds(Tokenizer tokenizer) {
        List<Integer> ids = new ArrayList<>();
        for (int id = 0; ids.size() < MAX_LABELS; id += 3) {
            if (Arrays.equals(tokenizer.encode(text(tokenizer, id), false), new int[] {id})) {
                ids.add(id);
            }
        }
        return ids;
    }

    private static String text(Tokenizer tokenizer, int id) {
        return tokenizer.decode(new int[] {id}, 0, 1);
    }

    private static LabelRequest request(TokenIds prompt, List<String> labels) {
        return new LabelRequest("l", new Prompt.Tokens(prompt), labels, false, Optional.empty());
    }
}
