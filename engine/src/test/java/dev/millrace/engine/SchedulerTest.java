package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SchedulerTest {
    private static final String LONG_PREFIX = "The quick brown fox jumps over the lazy dog, ";

    private final EngineConfig config = TestingEngines.config();

    @Test
    void aStepTakesOneTokenOfEachRunningSequenceAndFillsUpWithPrompts() {
        SimulatedEngine engine = engine();
        engine.post(request("a".repeat(30), 10));
        engine.round();
        engine.post(request("b".repeat(100), 10));
        long before = engine.runner.numTokens;
        engine.round();
        assertThat(engine.runner.numTokens - before).isEqualTo(config.maxNumBatchedTokens());
        before = engine.runner.numTokens;
        engine.round();
        // The 101 tokens with BOS, less the 63 of the round before, and the other's one.
        assertThat(engine.runner.numTokens - before).isEqualTo(101 - 63 + 1);
    }

    @Test
    void preemptedSequencesGiveTheSameTokens() {
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            expected.add(engine().run(request("Ticket " + i, 60)).text());
        }
        SimulatedEngine tight = engine(40, new KvForecast(-0.1));
        List<Generation> generations = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            generations.add(tight.submit(request("Ticket " + i, 60)));
        }
        for (int i = 0; i < 6; i++) {
            assertThat(tight.finish(generations.get(i), 2000).text()).isEqualTo(expected.get(i));
        }
        assertThat(tight.loop.stats().preemptions()).isPositive();
    }

    @Test
    void aCarefulForecastNeverPreempts() {
        SimulatedEngine tight = engine(40, new KvForecast());
        List<Generation> generations = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            generations.add(tight.submit(request("Ticket " + i, 60)));
        }
        generations.forEach(generation -> tight.finish(generation, 5000));
        assertThat(tight.loop.stats().preemptions()).isZero();
    }

    @Test
    void aPrefixIsComputedOnceAndSharedByThoseThatWaitForIt() {
        SimulatedEngine engine = engine();
        List<Generation> generations = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            generations.add(engine.submit(request(LONG_PREFIX + i, 4)));
        }
        engine.round();
        assertThat(engine.loop.stats().runningRequests()).isEqualTo(1);
        engine.round();
        assertThat(engine.loop.stats().runningRequests()).isEqualTo(8);
        int prefix = (1 + LONG_PREFIX.length()) / config.blockSize() * config.blockSize();
        assertThat(engine.loop.stats().cachedPromptTokens()).isEqualTo(7L * prefix);
        for (int i = 0; i < 8; i++) {
            Completion completion = engine.finish(generations.get(i), 100);
            assertThat(completion.text())
                    .isEqualTo(engine().run(request(LONG_PREFIX + i, 4)).text());
            assertThat(completion.usage().cachedPromptTokens()).isEqualTo(i == 0 ? 0 : prefix);
        }
    }

    @Test
    void otherPrefixesRunWhileOneIsWaitedFor() {
        SimulatedEngine engine = engine();
        engine.post(request("aaaaaaaa-1", 4));
        engine.post(request("aaaaaaaa-2", 4));
        engine.post(request("bbbbbbbb-1", 4));
        engine.post(request("bbbbbbbb-2", 4));
        engine.round();
        assertThat(engine.loop.stats().runningRequests()).isEqualTo(2);
        engine.round();
        assertThat(engine.loop.stats().runningRequests()).isEqualTo(4);
    }

    @Test
    void withoutPrefixCachingNothingIsSharedAndNothingDiffers() {
        EngineConfig off = withPrefixCaching(false);
        SimulatedEngine engine = new SimulatedEngine(off, 200, false);
        for (int i = 0; i < 3; i++) {
            assertThat(engine.run(request(LONG_PREFIX + i, 4)).outputs())
                    .isEqualTo(engine().run(request(LONG_PREFIX + i, 4)).outputs());
        }
        assertThat(engine.loop.stats().cachedPromptTokens()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 8, 9})
    void followersTakeOverThePromptAndCopyOnlyTheBlockTheyWrite(int promptLength) {
        for (boolean prefixCaching : new boolean[] {true, false}) {
            SimulatedEngine engine =
                    new SimulatedEngine(withPrefixCaching(prefixCaching), 200, false);
            Completion completion = engine.run(sampled("x".repeat(promptLength), 5, 4));
            // The leader computes the prompt and four tokens, each follower one token of the prompt
            // and as many.
            long computed = (promptLength + 1) + 4 + 3 * (1 + 4L);
            assertThat(engine.runner.numTokens).isEqualTo(computed);
            boolean writesShared = promptLength % config.blockSize() != 0;
            assertThat(engine.runner.numBlockCopies).isEqualTo(writesShared ? 3 : 0);
            assertThat(completion.outputs()).extracting(Output::text).doesNotHaveDuplicates();
        }
    }

    @Test
    void theFirstOfSeveralAnswersIsTheOnlyOneOfOne() {
        String one = engine().run(sampled("Hello", 8, 1)).text();
        String first = engine().run(sampled("Hello", 8, 3)).text();
        assertThat(first).isEqualTo(one);
    }

    @Test
    void answersResumedAtAnyTokenAreTheSame() {
        Request request = sampled("Where is my order?", 12, 2);
        Completion whole = new SimulatedEngine(config, 200, true).run(request);
        for (int kept = 0; kept <= 12; kept++) {
            List<Progress> resumed = new ArrayList<>();
            for (Output output : whole.outputs()) {
                TokenIds ids = output.tokenIds();
                Progress all = new Progress(ids, List.of());
                resumed.add(all.first(Math.min(kept + output.index(), ids.size())));
            }
            SimulatedEngine engine = new SimulatedEngine(config, 200, true);
            Completion again = engine.run(request.withResumed(resumed));
            assertThat(again.outputs()).isEqualTo(whole.outputs());
            assertThat(again.usage().resumedTokens())
                    .isEqualTo(resumed.stream().mapToInt(p -> p.tokenIds().size()).sum());
        }
    }

    @Test
    void answersThatWereFinishedBeforeARestoreAreNotComputedAgain() {
        Request request = request("Where is my order?", 12);
        Completion whole = engine().run(request);
        SimulatedEngine engine = engine();
        List<Progress> resumed = List.of(new Progress(whole.tokenIds(), List.of()));
        Completion again = engine.run(request.withResumed(resumed));
        assertThat(again.outputs()).isEqualTo(whole.outputs());
        assertThat(engine.runner.numTokens).isZero();
    }

    @Test
    void promptLogprobsComeEvenIfTheAnswerWasFinishedAndThePromptCached() {
        SamplingParams sampling =
                SamplingParams.builder().temperature(0).maxTokens(3).promptLogprobs(true).build();
        Request request = Request.of("r", new Prompt.Text("What is it?"), sampling);
        SimulatedEngine engine = engine();
        Completion whole = engine.run(request);
        List<Progress> resumed = List.of(new Progress(whole.tokenIds(), List.of()));
        Completion again = engine.run(request.withResumed(resumed));
        assertThat(again.outputs()).isEqualTo(whole.outputs());
        assertThat(again.promptLogprobs()).hasSize(12).startsWith((TokenLogprob) null);
        assertThat(again.usage().cachedPromptTokens()).isZero();
    }

    @Test
    void aDeadlineEndsRunningAndWaitingRequestsWithWhatTheyHave() {
        SimulatedEngine engine = engine();
        List<Generation> generations = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            Request request = request("Ticket " + i, 100);
            generations.add(engine.submit(request.withTimeout(Duration.ofMillis(5))));
        }
        for (int i = 0; i < 7; i++) {
            engine.round();
        }
        for (int i = 0; i < 10; i++) {
            Completion completion = generations.get(i).join();
            assertThat(completion.finishReason()).isEqualTo(FinishReason.TIMEOUT);
        }
        assertThat(generations.get(0).join().text()).hasSizeBetween(4, 6);
        // Eight sequences run at most, so the last ones never began.
        assertThat(generations.get(9).join().text()).isEmpty();
        assertThat(engine.loop.scheduler().hasWork()).isFalse();
    }

    @Test
    void aCancelledRequestGivesItsBlocksBackBeforeTheNextStep() {
        SimulatedEngine engine = engine();
        Generation cancelled = engine.submit(request("a", 100));
        Generation other = engine.submit(request("b", 3));
        engine.round();
        cancelled.cancel(false);
        engine.round();
        assertThat(engine.loop.stats().runningRequests()).isEqualTo(1);
        engine.finish(other, 10);
        assertThat(engine.loop.scheduler().pool().numUsed()).isZero();
        assertThat(engine.loop.stats().failedRequests()).isEqualTo(1);
    }

    @Test
    void logitsThatAreNotFiniteFailTheirRequestAlone() {
        SimulatedEngine engine = engine();
        engine.runner.poison("bad", 3);
        SamplingParams sampling = SamplingParams.builder().maxTokens(8).n(2).build();
        Generation bad = engine.submit(Request.of("bad", new Prompt.Text("Hello"), sampling));
        Generation good = engine.submit(request("Hello", 8));
        assertThat(engine.finish(good, 50).outputs())
                .isEqualTo(engine().run(request("Hello", 8)).outputs());
        assertThatThrownBy(bad::join)
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        InvalidRequestException.class,
                        e ->
                                assertThat(e.problem().code())
                                        .isEqualTo(EngineError.NON_FINITE_LOGITS));
        assertThat(engine.loop.scheduler().pool().numUsed()).isZero();
    }

    @Test
    void kvWasteIsTheShareOfUsedSlotsWithoutAToken() {
        SimulatedEngine engine = engine();
        // BOS and "abcde" are 6 tokens in 2 blocks of 4; the second token is the seventh.
        engine.run(request("abcde", 2));
        assertThat(engine.loop.stats().kvWaste()).isEqualTo((2 / 8.0 + 1 / 8.0) / 2);
        assertThat(engine.loop.stats().steps()).isEqualTo(2);
    }

    @Test
    void aWaitingRequestIsServedAfterMaxWaitHoweverManyBetterOnesCome() {
        SimulatedEngine engine = engine();
        for (int i = 0; i < 8; i++) {
            engine.post(request("a" + i, 500));
        }
        engine.round();
        Generation small = engine.submit(request("small", 1));
        int rounds = 0;
        while (!small.isDone()) {
            engine.post(request("a" + rounds, 500));
            engine.nanos += Duration.ofSeconds(1).toNanos();
            engine.round();
            assertThat(++rounds).isLessThan(1100);
        }
    }

    private SimulatedEngine engine() {
        return new SimulatedEngine(config, 1000, false);
    }

    private SimulatedEngine engine(int numBlocks, KvForecast forecast) {
        return new SimulatedEngine(config, numBlocks, false, forecast, step -> {});
    }

    private EngineConfig withPrefixCaching(boolean prefixCaching) {
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
                prefixCaching,
                config.maxWaitingTokens(),
                config.queueCapacity(),
                config.maxWait(),
                config.stepTimeout());
    }

    private static Request request(String prompt, int maxTokens) {
        return Request.of(prompt, new Prompt.Text(prompt), SamplingParams.greedy(maxTokens));
    }

    private static Request sampled(String prompt, int maxTokens, int n) {
        SamplingParams sampling =
                SamplingParams.builder().seed(42).maxTokens(maxTokens).n(n).build();
        return Request.of(prompt, new Prompt.Text(prompt), sampling);
    }
}
