package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class LlmEngineTest {
    private final EngineConfig config = TestingEngines.config();

    @Test
    void answersTheSameAloneAndInABatch() {
        List<String> together = new ArrayList<>();
        try (LlmEngine engine = TestingEngines.engine(config)) {
            List<Generation> generations = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                generations.add(engine.submit(request(i)));
            }
            generations.forEach(generation -> together.add(generation.join().text()));
        }
        try (LlmEngine engine = TestingEngines.engine(config)) {
            for (int i = 0; i < 50; i++) {
                assertThat(engine.submit(request(i)).join().text()).isEqualTo(together.get(i));
            }
        }
        assertThat(together.get(0)).hasSize(12).matches("[a-z]+");
    }

    @Test
    void aChatIsWrittenOutByTheTemplate() {
        Prompt chat = new Prompt.Chat(List.of(new Message("user", "Hi")));
        Prompt tokens =
                new Prompt.Tokens(
                        TokenIds.of(new FakeTokenizer().encode("user: Hi\nassistant: ", false)));
        try (LlmEngine engine = TestingEngines.engine(config)) {
            SamplingParams sampling = SamplingParams.greedy(5);
            Completion answer = engine.submit(Request.of("chat", chat, sampling)).join();
            assertThat(answer.text())
                    .isEqualTo(engine.submit(Request.of("ids", tokens, sampling)).join().text());
            assertThat(answer.usage().promptTokens()).isEqualTo(20);
        }
    }

    @Test
    void aStopStringEndsTheAnswerAndIsNotInItsText() {
        try (LlmEngine engine = TestingEngines.engine(config)) {
            String whole = engine.submit(request(1)).join().text();
            String stop = whole.substring(4, 6);
            SamplingParams sampling =
                    SamplingParams.builder()
                            .temperature(0)
                            .maxTokens(12)
                            .stop(List.of(stop))
                            .build();
            Request request = Request.of("r", request(1).prompt(), sampling);
            Completion completion = engine.submit(request).join();
            assertThat(completion.text()).isEqualTo(whole.substring(0, whole.indexOf(stop)));
            assertThat(completion.finishReason()).isEqualTo(FinishReason.STOP);
            assertThat(completion.tokenIds().size()).isEqualTo(completion.text().length() + 2);
        }
    }

    @Test
    void progressGrowsWithEachStepAndCanBeResumed() {
        TestingEngines.Gate gate = new TestingEngines.Gate();
        try (LlmEngine engine = TestingEngines.engine(config, gate)) {
            Generation generation = engine.submit(request(7));
            gate.release(5);
            gate.awaitStep(6);
            Progress progress = generation.progress().get(0);
            assertThat(progress.tokenIds().size()).isEqualTo(5);
            gate.open();
            Completion whole = generation.join();
            Request resumed = request(7).withResumed(List.of(progress));
            Completion again = engine.submit(resumed).join();
            assertThat(again.outputs()).isEqualTo(whole.outputs());
            assertThat(again.usage().resumedTokens()).isEqualTo(5);
        }
    }

    static List<Throwable> failures() {
        return List.of(
                new IllegalStateException("broken"),
                new OutOfMemoryError("for the test"),
                new StackOverflowError("for the test"));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void aFailureOfTheRunnerFailsEveryRequestAndRefusesLaterOnes(Throwable failure) {
        LongConsumer hook =
                step -> {
                    if (step == 3) {
                        throwUnchecked(failure);
                    }
                };
        try (LlmEngine engine = TestingEngines.engine(config, hook)) {
            List<Generation> generations = new ArrayList<>();
            try {
                for (int i = 0; i < 30; i++) {
                    generations.add(engine.submit(request(i)));
                }
            } catch (EngineFailedException e) {
                assertThat(e).hasCause(failure);
            }
            for (Generation generation : generations) {
                assertThatThrownBy(generation::join)
                        .isInstanceOf(CompletionException.class)
                        .cause()
                        .isInstanceOf(EngineFailedException.class)
                        .hasCause(failure);
            }
            assertThatExceptionOfType(EngineFailedException.class)
                    .isThrownBy(() -> engine.submit(request(99)))
                    .satisfies(e -> assertThat(e.problem().code()).isEqualTo(EngineError.FAILED))
                    .withCause(failure);
            assertThat(engine.whenAdmitting()).isDone();
        }
    }

    private static void throwUnchecked(Throwable failure) {
        if (failure instanceof Error error) {
            throw error;
        }
        throw (RuntimeException) failure;
    }

    @Test
    void noFutureStaysOpenWhenRequestsRaceWithAFailure() throws InterruptedException {
        for (int round = 0; round < 20; round++) {
            LongConsumer hook = TestingEngines.throwAt(2, new IllegalStateException("broken"));
            List<Generation> generations = Collections.synchronizedList(new ArrayList<>());
            try (LlmEngine engine = TestingEngines.engine(config, hook)) {
                Thread submitter = new Thread(() -> submitUntilRefused(engine, generations));
                submitter.start();
                submitUntilRefused(engine, generations);
                submitter.join();
            }
            for (Generation generation : generations) {
                assertThat(generation)
                        .failsWithin(Duration.ofSeconds(10))
                        .withThrowableThat()
                        .withCauseInstanceOf(EngineFailedException.class);
            }
        }
    }

    private static void submitUntilRefused(LlmEngine engine, List<Generation> generations) {
        try {
            for (int i = 0; i < 100_000; i++) {
                generations.add(engine.submit(request(i)));
            }
        } catch (EngineFailedException | EngineOverloadedException e) {
            assertThat(e.problem().code()).isInstanceOf(EngineError.class);
        }
    }

    @Test
    void closingFailsWhatIsInFlightAndClosesTheRunner() {
        FakeBatchRunner runner =
                new FakeBatchRunner(TestingEngines.numBlocks(config), config, false);
        AtomicReference<LlmEngine> closed = new AtomicReference<>();
        CountDownLatch set = new CountDownLatch(1);
        LongConsumer closesAtStepThree =
                step -> {
                    if (step == 3) {
                        await(set);
                        closed.get().close();
                    }
                };
        LlmEngine engine =
                LlmEngine.start(
                        TestingEngines.parts(
                                config, TestingEngines.hooked(runner, closesAtStepThree)),
                        config);
        closed.set(engine);
        set.countDown();
        Generation generation = engine.submit(request(1));
        generation.exceptionally(e -> null).join();
        engine.close();
        assertThat(runner.closed).isTrue();
        assertThatThrownBy(generation::join)
                .cause()
                .isInstanceOfSatisfying(
                        EngineFailedException.class,
                        e -> assertThat(e.problem().code()).isEqualTo(EngineError.CLOSED));
        assertThatExceptionOfType(EngineFailedException.class)
                .isThrownBy(() -> engine.submit(request(2)));
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void tooManyWaitingTokensAreRefusedUntilTheEngineAdmitsAgain() {
        TestingEngines.Gate gate = new TestingEngines.Gate();
        try (LlmEngine engine = TestingEngines.engine(withBounds(100, 256), gate)) {
            Generation first = engine.submit(request(0));
            gate.awaitStep(1);
            // Prompts of 13 tokens: eight of them wait before the bound of 100 is reached.
            List<Generation> waiting = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                waiting.add(engine.submit(request(i)));
            }
            assertThatExceptionOfType(EngineOverloadedException.class)
                    .isThrownBy(() -> engine.submit(request(9)))
                    .satisfies(e -> assertThat(e.retryAfter()).isPositive());
            CompletableFuture<Void> admitting = engine.whenAdmitting();
            CompletableFuture<Void> another = engine.whenAdmitting();
            assertThat(admitting).isNotDone();
            AtomicReference<String> thread = new AtomicReference<>();
            CompletableFuture<Void> noted =
                    admitting.thenRun(() -> thread.set(Thread.currentThread().getName()));
            gate.open();
            noted.join();
            another.join();
            assertThat(thread).hasValue("millrace-engine-fake");
            assertThat(engine.submit(request(9)).join().text()).hasSize(12);
            waiting.forEach(Generation::join);
            assertThat(first).isDone();
            assertThat(engine.whenAdmitting()).isDone();
        }
    }

    @Test
    void aRequestLongerThanTheBoundIsTakenWhenNothingWaits() {
        try (LlmEngine engine = TestingEngines.engine(withBounds(5, 256))) {
            assertThat(engine.submit(request(1)).join().text()).hasSize(12);
        }
    }

    @Test
    void aFullCommandQueueIsRefusedInTheSameWay() {
        TestingEngines.Gate gate = new TestingEngines.Gate();
        try (LlmEngine engine = TestingEngines.engine(withBounds(1 << 20, 4), gate)) {
            Generation first = engine.submit(request(0));
            gate.awaitStep(1);
            List<Generation> queued = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                queued.add(engine.submit(request(i)));
            }
            assertThatExceptionOfType(EngineOverloadedException.class)
                    .isThrownBy(() -> engine.submit(request(5)));
            CompletableFuture<Void> admitting = engine.whenAdmitting();
            gate.open();
            admitting.join();
            queued.forEach(Generation::join);
            assertThat(first.join().text()).hasSize(12);
        }
    }

    @Test
    void cancellingEndsTheFutureAtOnceAndTheRequestBeforeTheNextStep() {
        TestingEngines.Gate gate = new TestingEngines.Gate();
        try (LlmEngine engine = TestingEngines.engine(config, gate)) {
            Generation cancelled = engine.submit(request(0));
            gate.awaitStep(1);
            assertThat(cancelled.cancel(false)).isTrue();
            assertThat(cancelled).isCancelled();
            gate.open();
            assertThat(engine.submit(request(1)).join().text()).hasSize(12);
            assertThat(engine.stats().failedRequests()).isEqualTo(1);
            assertThat(engine.stats().finishedRequests()).isEqualTo(1);
            assertThat(engine.stats().usedBlocks()).isZero();
        }
    }

    @Test
    void aDeadlineEndsARequestByTheClock() {
        LongConsumer slow = TestingEngines.delay(Duration.ofMillis(5));
        try (LlmEngine engine = TestingEngines.engine(config, slow)) {
            SamplingParams sampling = SamplingParams.greedy(1000);
            Request request = Request.of("r", new Prompt.Text("Hello"), sampling);
            Completion completion =
                    engine.submit(request.withTimeout(Duration.ofMillis(100))).join();
            assertThat(completion.finishReason()).isEqualTo(FinishReason.TIMEOUT);
            assertThat(completion.text()).hasSizeBetween(0, 30);
            assertThat(completion.timing().totalNanos()).isGreaterThanOrEqualTo(100_000_000);
        }
    }

    @Test
    void anIdleEngineWakesForEveryRequest() throws InterruptedException {
        try (LlmEngine engine = TestingEngines.engine(config)) {
            CountDownLatch never = new CountDownLatch(1);
            for (int i = 0; i < 20; i++) {
                assertThat(never.await(2, TimeUnit.MILLISECONDS)).isFalse();
                assertThat(engine.submit(request(i))).succeedsWithin(Duration.ofSeconds(10));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aTokenizerThatBreaksOnOneAnswerFailsThatRequestOnly(boolean streamed) {
        List<String> texts = answers(streamed);
        String fatal = texts.get(3).substring(2, 8);
        assertThat(texts).filteredOn(text -> text.contains(fatal)).hasSize(1);
        try (LlmEngine engine = TestingEngines.engineThatCannotDecode(config, fatal)) {
            List<Generation> generations = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                generations.add(engine.submit(request(i, streamed)));
            }
            for (int i = 0; i < 10; i++) {
                if (i != 3) {
                    assertThat(generations.get(i).join().text()).isEqualTo(texts.get(i));
                }
            }
            assertThatThrownBy(generations.get(3)::join)
                    .cause()
                    .isInstanceOfSatisfying(
                            InvalidRequestException.class,
                            e -> {
                                assertThat(e.problem().code()).isEqualTo(EngineError.UNDECODABLE);
                                assertThat(e).hasMessageNotContaining(fatal).hasNoCause();
                            });
            EngineStats stats = engine.stats();
            assertThat(stats.finishedRequests()).isEqualTo(9);
            assertThat(stats.failedRequests()).isEqualTo(1);
            assertThat(stats.usedBlocks()).isZero();
        }
    }

    @Test
    void resumedTokensOnWhichTheTokenizerBreaksAreRefusedAtOnce() {
        String text = answers(true).get(3);
        Progress progress =
                new Progress(
                        TokenIds.of(new FakeTokenizer().encode(text, false)),
                        Collections.emptyList());
        try (LlmEngine engine = TestingEngines.engineThatCannotDecode(config, text)) {
            assertThatExceptionOfType(InvalidRequestException.class)
                    .isThrownBy(
                            () -> engine.submit(request(3, true).withResumed(List.of(progress))))
                    .satisfies(
                            e -> assertThat(e.problem().code()).isEqualTo(EngineError.UNDECODABLE));
        }
    }

    private List<String> answers(boolean streamed) {
        try (LlmEngine engine = TestingEngines.engine(config)) {
            List<String> texts = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                texts.add(engine.submit(request(i, streamed)).join().text());
            }
            return texts;
        }
    }

    /** {@code streamed}: with a stop string that never comes, so that the answer's text is made token by token. */
    private static Request request(int i, boolean streamed) {
        SamplingParams.Builder sampling = SamplingParams.builder().temperature(0).maxTokens(12);
        if (streamed) {
            sampling.stop(List.of("\u0007never"));
        }
        return Request.of("r" + i, request(i).prompt(), sampling.build());
    }

    @Test
    void statsAddUp() {
        try (LlmEngine engine = TestingEngines.engine(config)) {
            List<Generation> generations = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                generations.add(engine.submit(request(i)));
            }
            long prompt = 0;
            long cached = 0;
            for (Generation generation : generations) {
                Usage usage = generation.join().usage();
                prompt += usage.promptTokens();
                cached += usage.cachedPromptTokens();
            }
            EngineStats stats = engine.stats();
            assertThat(stats.promptTokens()).isEqualTo(prompt);
            assertThat(stats.cachedPromptTokens()).isEqualTo(cached).isPositive();
            assertThat(stats.generatedTokens()).isEqualTo(20 * 12);
            assertThat(stats.finishedRequests()).isEqualTo(20);
            assertThat(stats.totalBlocks()).isEqualTo(TestingEngines.numBlocks(config));
            assertThat(stats.kvWaste()).isBetween(0.0, 0.5);
            assertThat(stats.stepNanos()).isGreaterThanOrEqualTo(stats.runNanos()).isPositive();
            assertThat(stats.waitingTokens()).isZero();
            assertThat(stats.cachedBlocks()).isPositive();
        }
    }

    private EngineConfig withBounds(long maxWaitingTokens, int queueCapacity) {
        return new EngineConfig(
                config.device(),
                config.threads(),
                config.computePrecision(),
                config.activationQuantization(),
                config.quantization(),
                config.maxNumSeqs(),
                config.maxNumBatchedTokens(),
                config.maxModelLen(),
                config.blockSize(),
                config.kvCacheBytes(),
                config.kvCacheDtype(),
                config.gpuMemoryUtilization(),
                config.prefixCaching(),
                maxWaitingTokens,
                queueCapacity,
                config.maxWait(),
                config.stepTimeout());
    }

    private static Request request(int i) {
        return Request.of(
                "r" + i, new Prompt.Text("What is " + i % 10 + "?!"), SamplingParams.greedy(12));
    }
}
