package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is asked of label scoring and embeddings beside their numbers: refusals, ends before the end, the work they take. */
final class PrefillRequestsTest {
    // 100 blocks of 4 tokens; the model allows 2048.
    private final SimulatedEngine engine = new SimulatedEngine(TestingEngines.config(), 100, false);

    record Bad(EngineError code, String said, Object request) {}

    static Stream<Bad> bad() {
        List<String> many = IntStream.range(0, 257).mapToObj(Integer::toString).toList();
        Prompt outside = new Prompt.Tokens(TokenIds.of(5, 128));
        Prompt none = new Prompt.Tokens(TokenIds.empty());
        Optional<Duration> over = Optional.of(Duration.ZERO);
        return Stream.of(
                new Bad(EngineError.INVALID_LABELS, "0 labels", labels("x")),
                new Bad(EngineError.INVALID_LABELS, "257 labels", labels("x", many)),
                new Bad(EngineError.INVALID_LABELS, "labels[1]", labels("x", "a", "")),
                new Bad(EngineError.INVALID_LABELS, "labels[0]", labels("x", "a", "b", "a")),
                new Bad(
                        EngineError.PROMPT_TOO_LONG,
                        "at most 2043",
                        labels("x".repeat(2043), "a", "bcdef")),
                new Bad(EngineError.EXCEEDS_KV_POOL, "400 + 2", labels("x".repeat(399), "ab")),
                new Bad(EngineError.EMPTY_PROMPT, "no tokens", labels(none, Optional.empty())),
                new Bad(EngineError.TOKEN_OUT_OF_RANGE, "128", labels(outside, Optional.empty())),
                new Bad(EngineError.INVALID_TIMEOUT, "PT0S", labels(text("x"), over)),
                new Bad(EngineError.EMPTY_PROMPT, "no tokens", embed(none, Optional.empty())),
                new Bad(EngineError.TOKEN_OUT_OF_RANGE, "128", embed(outside, Optional.empty())),
                new Bad(EngineError.INVALID_TIMEOUT, "PT0S", embed(text("x"), over)),
                new Bad(
                        EngineError.PROMPT_TOO_LONG,
                        "at most 2048",
                        embed(text("x".repeat(2048)), Optional.empty())),
                new Bad(
                        EngineError.EXCEEDS_KV_POOL,
                        "401",
                        embed(text("x".repeat(400)), Optional.empty())));
    }

    @ParameterizedTest
    @MethodSource("bad")
    void aBadRequestIsRefusedAndSaysWhy(Bad bad) {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> submit(engine, bad.request()))
                .withMessageContaining(bad.said())
                .satisfies(e -> assertThat(e.problem().code()).isEqualTo(bad.code()));
    }

    @Test
    void whatJustFitsIsServed() {
        assertThat(run(embed(text("x".repeat(399)), Optional.empty()))).isNotNull();
        assertThat(run(labels("x".repeat(398), "ab", "cd"))).isNotNull();
    }

    /** The prompt once, and of each label all tokens but the last. */
    @Test
    void thePromptIsComputedOnceForAllLabels() {
        String prompt = "0123456789".repeat(4);
        run(labels(prompt, "a", "b", "c"));
        assertThat(engine.runner.numTokens).isEqualTo(41);
        run(labels("9".repeat(40), "abc", "defgh", "i", "jk"));
        assertThat(engine.runner.numTokens).isEqualTo(41 + 41 + 2 + 4 + 1);
        assertThat(engine.runner.numBlockCopies).isPositive();
    }

    /** Of the prompt's 11 tokens 8 fill whole blocks; the other labels compute the last 3 again rather than wait for them. */
    @Test
    void whereThereIsLittleToComputeAllLabelsTakeOneStep() {
        run(labels("9876543210", "abc", "defgh", "i", "jk"));
        assertThat(engine.runner.numTokens).isEqualTo(11 + 4 + (3 + 2) + (3 + 1));
        assertThat(engine.runner.numSteps).isEqualTo(1);
        assertThat(engine.runner.numBlockCopies).isZero();
    }

    /** All labels get the end of the answer, as the shorter one would be the likelier for being shorter. */
    @Test
    void theEndCountsWhereALabelBeginsAnother() {
        run(labels("0123456789".repeat(4), "ab", "abc", "x"));
        assertThat(engine.runner.numTokens).isEqualTo(41 + 2 + 3 + 1);
    }

    @Test
    void resultsThatAreNotFiniteFailTheirRequestOnly() {
        CompletableFuture<LabelScores> good = engine.classify(labels("abc", "d", "e"));
        engine.runner.poison("bad", 0);
        CompletableFuture<LabelScores> bad =
                engine.classify(
                        new LabelRequest(
                                "bad", text("abc"), List.of("d", "e"), false, Optional.empty()));
        assertThatThrownBy(() -> engine.finish(bad, 10))
                .hasCauseInstanceOf(InvalidRequestException.class)
                .hasMessageContaining(EngineError.NON_FINITE_LOGITS.id());
        assertThat(engine.finish(good, 10).scores()).hasSize(2);
    }

    @Test
    void aDeadlineEndsThemWithoutAResult() {
        Optional<Duration> soon = Optional.of(Duration.ofMillis(2));
        Prompt longPrompt = text("x".repeat(300));
        for (Object request : List.of(labels(longPrompt, soon), embed(longPrompt, soon))) {
            CompletableFuture<?> future = submit(engine, request);
            assertThatExceptionOfType(CompletionException.class)
                    .isThrownBy(() -> engine.finish(future, 100))
                    .havingCause()
                    .isInstanceOfSatisfying(
                            InvalidRequestException.class,
                            e -> {
                                assertThat(e.problem().code()).isEqualTo(EngineError.DEADLINE);
                                assertThat(e.problem().code().status()).isEqualTo(Status.DEADLINE);
                            });
        }
        engine.round();
        assertThat(engine.loop.scheduler().pool().numUsed()).isZero();
    }

    @Test
    void cancellingWithdrawsThem() {
        for (Object request : List.of(labels("x".repeat(300), "ab", "cd"), embed("x"))) {
            CompletableFuture<?> future = submit(engine, request);
            engine.round();
            future.cancel(false);
            engine.round();
            assertThat(engine.loop.scheduler().hasWork()).isFalse();
            assertThat(engine.loop.scheduler().pool().numUsed()).isZero();
        }
    }

    @Test
    void anEngineThatIsFullOrBrokenRefusesThem() throws Exception {
        TestingEngines.Gate gate = new TestingEngines.Gate();
        EngineConfig config = TestingEngines.config();
        try (LlmEngine full = TestingEngines.engine(config, gate)) {
            List<CompletableFuture<LabelScores>> taken = new java.util.ArrayList<>();
            taken.add(full.classify(labels("abc", "d", "ef")));
            // From here on the engine takes nothing out of its queue.
            gate.awaitStep(1);
            assertThatExceptionOfType(EngineOverloadedException.class)
                    .isThrownBy(
                            () -> {
                                while (taken.size() < 10_000) {
                                    taken.add(full.classify(labels("abc", "d", "ef")));
                                }
                            });
            assertThatExceptionOfType(EngineOverloadedException.class)
                    .isThrownBy(() -> full.embed(embed("abc")));
            gate.open();
            full.whenAdmitting().get();
            assertThat(full.embed(embed("abc")).get().dimension()).isEqualTo(2);
        }
        RuntimeException broken = new IllegalStateException("broken");
        try (LlmEngine breaks = TestingEngines.engine(config, TestingEngines.throwAt(1, broken))) {
            CompletableFuture<Embedding> future = breaks.embed(embed("abc"));
            assertThatExceptionOfType(ExecutionException.class)
                    .isThrownBy(future::get)
                    .withCauseInstanceOf(EngineFailedException.class);
            assertThatExceptionOfType(EngineFailedException.class)
                    .isThrownBy(() -> breaks.classify(labels("abc", "d")));
        }
    }

    @Test
    void calibrationTakesOffWhatLabelsHaveWithoutContent() throws Exception {
        List<String> labels = List.of("d", "ef", "ghi");
        Prompt chat =
                new Prompt.Chat(
                        List.of(
                                new Message("system", "Be short."),
                                new Message("user", "One."),
                                new Message("assistant", "Two."),
                                new Message("user", "Three.")));
        Prompt empty =
                new Prompt.Chat(
                        List.of(new Message("system", "Be short."), new Message("user", "N/A")));
        try (LlmEngine real = TestingEngines.engine(TestingEngines.config())) {
            for (List<Prompt> pair :
                    List.of(List.of(text("x"), text("N/A")), List.of(chat, empty))) {
                LabelScores plain = real.classify(request(pair.get(0), labels, false)).get();
                LabelScores off = real.classify(request(pair.get(1), labels, false)).get();
                long before = real.stats().promptTokens();
                LabelScores calibrated = real.classify(request(pair.get(0), labels, true)).get();
                long both = real.stats().promptTokens() - before;
                LabelScores again = real.classify(request(pair.get(0), labels, true)).get();
                long one = real.stats().promptTokens() - before - both;
                assertThat(again.scores()).isEqualTo(calibrated.scores());
                assertThat(one).as("the prompt without content is kept").isLessThan(both);
                assertThat(calibrated.usage().promptTokens())
                        .isEqualTo(plain.usage().promptTokens());
                double sum = 0;
                for (int i = 0; i < labels.size(); i++) {
                    assertThat(calibrated.scores().get(i).logprob())
                            .isEqualTo(logprob(plain, i) - logprob(off, i));
                    sum += calibrated.scores().get(i).probability();
                }
                assertThat(sum).isCloseTo(1, within(1e-12));
            }
        }
    }

    private static double logprob(LabelScores scores, int label) {
        return scores.scores().get(label).logprob();
    }

    @Test
    void theBestLabelIsTheLikeliest() {
        double[] logprobs = {-3, -1, -1, -2};
        LabelScores scores =
                LabelScores.of(List.of("a", "b", "c", "d"), logprobs, new Usage(1, 0, 0, 0, 0));
        assertThat(scores.best()).isEqualTo(scores.scores().get(1));
        assertThat(scores.scores().get(0).probability())
                .isCloseTo(
                        Math.exp(-3) / (2 * Math.exp(-1) + Math.exp(-2) + Math.exp(-3)),
                        within(1e-15));
    }

    private Object run(Object request) {
        return engine.finish(submit(engine, request), 100);
    }

    private static CompletableFuture<?> submit(SimulatedEngine engine, Object request) {
        return request instanceof LabelRequest labels
                ? engine.classify(labels)
                : engine.embed((EmbedRequest) request);
    }

    private static Prompt text(String text) {
        return new Prompt.Text(text);
    }

    private static LabelRequest labels(String prompt, String... labels) {
        return labels(prompt, List.of(labels));
    }

    private static LabelRequest labels(String prompt, List<String> labels) {
        return request(text(prompt), labels, false);
    }

    private static LabelRequest labels(Prompt prompt, Optional<Duration> timeout) {
        return new LabelRequest("r", prompt, Collections.singletonList("ab"), false, timeout);
    }

    private static LabelRequest request(Prompt prompt, List<String> labels, boolean calibrated) {
        return new LabelRequest("r", prompt, labels, calibrated, Optional.empty());
    }

    private static EmbedRequest embed(String prompt) {
        return embed(text(prompt), Optional.empty());
    }

    private static EmbedRequest embed(Prompt prompt, Optional<Duration> timeout) {
        return new EmbedRequest("r", prompt, Pooling.MEAN, true, timeout);
    }
}
