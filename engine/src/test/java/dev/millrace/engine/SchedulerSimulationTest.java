package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Random loads on random small engines: after every round the books must agree, in the end everybody must have finished
 * with the tokens that it gets alone.
 */
final class SchedulerSimulationTest {
    private static final int SCENARIOS = 450;
    private static final int MAX_ROUNDS = 20_000;
    private static final String[] PREFIXES = {
        "", "ab", "You are a helpful ", "Classify this ticket: "
    };

    private final List<Generation> generations = new ArrayList<>();
    private long preemptions;
    private long preemptionsWithWindow;
    private long cachedTokens;
    private long copies;
    private long poisoned;
    private long released;
    private int timeouts;
    private int cancels;

    @Test
    void everyRequestFinishesWithTheTokensItGetsAlone() {
        for (long seed = 1; seed <= SCENARIOS; seed++) {
            try {
                simulate(new SplittableRandom(seed));
            } catch (Throwable e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
            }
        }
        // A simulation in which nothing happens would prove nothing.
        assertThat(preemptions).isGreaterThan(100);
        assertThat(preemptionsWithWindow).isGreaterThan(10);
        assertThat(cachedTokens).isGreaterThan(1000);
        assertThat(copies).isGreaterThan(100);
        assertThat(released).isGreaterThan(1000);
        assertThat(timeouts).isGreaterThan(20);
        assertThat(cancels).isGreaterThan(20);
        assertThat(poisoned).isGreaterThan(20);
    }

    /** With blocks for all, nothing but the order of events can differ: not an answer, not a count, not a cached prefix. */
    @Test
    void aHostThatIsAheadGivesWhatOneThatWaitsGives() {
        for (long seed = 1; seed <= SCENARIOS / 3; seed++) {
            List<List<Completion>> completions = new ArrayList<>();
            List<List<Long>> counts = new ArrayList<>();
            for (int ahead = 0; ahead <= 1; ahead++) {
                SplittableRandom random = new SplittableRandom(seed);
                EngineConfig config = config(random);
                SimulatedEngine engine = engine(config, 4000, true, 0, new KvForecast(), ahead);
                generations.clear();
                for (int i = random.nextInt(1, 20); i > 0; i--) {
                    Request request = request(random, i);
                    Request endless =
                            Request.of(request.id(), request.prompt(), request.sampling());
                    generations.add(engine.submit(endless));
                }
                while (engine.loop.doWork() > 0) {
                    engine.checkIntegrity();
                }
                completions.add(generations.stream().map(Generation::join).toList());
                counts.add(counts(engine));
            }
            for (int i = 0; i < completions.get(0).size(); i++) {
                Completion waiting = completions.get(0).get(i);
                Completion ahead = completions.get(1).get(i);
                assertThat(ahead.outputs()).as("seed %d", seed).isEqualTo(waiting.outputs());
                assertThat(ahead.promptLogprobs()).isEqualTo(waiting.promptLogprobs());
                assertThat(ahead.usage().generatedTokens())
                        .isEqualTo(waiting.usage().generatedTokens());
            }
            assertThat(counts.get(1)).as("seed %d", seed).isEqualTo(counts.get(0));
        }
    }

    /** Generated tokens, finished requests, prefixes in the cache. */
    private static List<Long> counts(SimulatedEngine engine) {
        EngineStats stats = engine.loop.stats();
        return List.of(
                stats.generatedTokens(),
                stats.finishedRequests(),
                (long) engine.loop.scheduler().pool().prefixes().size());
    }

    static SimulatedEngine engine(
            EngineConfig config,
            int numBlocks,
            boolean drawsEos,
            int window,
            KvForecast forecast,
            int stepsAhead) {
        FakeBatchRunner runner =
                new FakeBatchRunner(numBlocks, config, drawsEos)
                        .ahead(stepsAhead)
                        .withWindow(window);
        return new SimulatedEngine(config, runner, numBlocks, forecast, step -> {});
    }

    private void simulate(SplittableRandom random) {
        generations.clear();
        EngineConfig config = config(random);
        int window = random.nextInt(3) > 0 ? 0 : random.nextInt(1, 60);
        // Room for the longest request alone, and at times for little more.
        int numBlocks =
                KvCacheManager.mostBlocks(
                                config.blockSize(), window, config.maxNumBatchedTokens(), 128)
                        + 1
                        + random.nextInt(random.nextBoolean() ? 3 : 40);
        boolean drawsEos = random.nextBoolean();
        KvForecast forecast = new KvForecast(random.nextDouble(-0.1, 1));
        SimulatedEngine engine =
                engine(config, numBlocks, drawsEos, window, forecast, random.nextInt(2));
        if (random.nextInt(3) == 0) {
            engine.runner.poison("r" + random.nextInt(10), random.nextInt(1, 20));
        }
        if (random.nextInt(4) == 0) {
            engine.runner.runOutOfMemoryAfter(random.nextInt(1, 30));
        }
        int requests = random.nextInt(1, 40);
        int rounds = 0;
        while (generations.size() < requests || engine.loop.scheduler().hasWork()) {
            if (generations.size() < requests && random.nextInt(3) > 0) {
                generations.add(engine.submit(request(random, generations.size())));
            }
            if (random.nextInt(40) == 0 && !generations.isEmpty()) {
                generations.get(random.nextInt(generations.size())).cancel(false);
            }
            engine.round();
            countReleased(engine.loop.scheduler());
            assertThat(++rounds).as("rounds").isLessThan(MAX_ROUNDS);
        }
        engine.round();
        engine.round();
        compareWithAlone(config, numBlocks, drawsEos, window);
        count(engine);
        preemptionsWithWindow += window > 0 ? engine.loop.stats().preemptions() : 0;
    }

    private void countReleased(Scheduler scheduler) {
        for (int i = 0; i < scheduler.numRunning(); i++) {
            released += scheduler.running(i).blockTable.numReleased();
        }
    }

    static EngineConfig config(SplittableRandom random) {
        EngineConfig base = TestingEngines.config();
        return new EngineConfig(
                base.device(),
                base.threads(),
                base.computePrecision(),
                base.activationQuantization(),
                base.quantization(),
                random.nextInt(1, 12),
                random.nextInt(1, 40),
                0,
                random.nextInt(1, 9),
                base.kvCacheBytes(),
                base.kvCacheDtype(),
                base.gpuMemoryUtilization(),
                random.nextInt(4) > 0,
                1 << 20,
                1000,
                Duration.ofMillis(random.nextInt(0, 200)),
                base.stepTimeout());
    }

    static Request request(SplittableRandom random, int number) {
        StringBuilder prompt = new StringBuilder(PREFIXES[random.nextInt(PREFIXES.length)]);
        int length = random.nextInt(1, 40);
        for (int i = 0; i < length; i++) {
            prompt.append((char) ('A' + random.nextInt(random.nextBoolean() ? 2 : 26)));
        }
        int maxTokens = random.nextInt(1, 60);
        SamplingParams.Builder sampling =
                SamplingParams.builder()
                        .seed(random.nextInt(3))
                        .maxTokens(maxTokens)
                        .minTokens(random.nextInt(3) == 0 ? random.nextInt(maxTokens) : 0)
                        .stop(random.nextInt(4) == 0 ? List.of("x", "yz") : List.of())
                        .logprobs(random.nextInt(5) == 0 ? 0 : -1)
                        .promptLogprobs(random.nextInt(8) == 0)
                        .n(random.nextInt(3) == 0 ? random.nextInt(2, 6) : 1);
        Request request =
                Request.of("r" + number, new Prompt.Text(prompt.toString()), sampling.build());
        return random.nextInt(10) == 0
                ? request.withTimeout(Duration.ofMillis(random.nextInt(1, 100)))
                : request;
    }

    private void compareWithAlone(
            EngineConfig config, int numBlocks, boolean drawsEos, int window) {
        for (Generation generation : generations) {
            assertThat(generation).isDone();
            if (generation.isCancelled()) {
                cancels++;
                continue;
            }
            if (generation.isCompletedExceptionally()) {
                poisoned++;
                continue;
            }
            Request request = generation.request();
            SimulatedEngine alone = new SimulatedEngine(config, numBlocks, drawsEos, window);
            Request endless = Request.of(request.id(), request.prompt(), request.sampling());
            compare(generation.join(), alone.run(endless));
        }
    }

    private void compare(Completion completion, Completion alone) {
        for (int i = 0; i < alone.outputs().size(); i++) {
            Output output = completion.outputs().get(i);
            Output expected = alone.outputs().get(i);
            if (output.finishReason() == FinishReason.TIMEOUT) {
                timeouts++;
                assertThat(expected.text()).startsWith(output.text());
            } else {
                assertThat(output).isEqualTo(expected);
            }
        }
    }

    private void count(SimulatedEngine engine) {
        BlockPool pool = engine.loop.scheduler().pool();
        assertThat(pool.numUsed()).as("blocks used at the end").isZero();
        EngineStats stats = engine.loop.stats();
        assertThat(stats.waitingTokens()).isZero();
        assertThat(stats.runningRequests() + stats.waitingRequests()).isZero();
        assertThat(stats.finishedRequests() + stats.failedRequests()).isEqualTo(generations.size());
        preemptions += stats.preemptions();
        cachedTokens += stats.cachedPromptTokens();
        copies += engine.runner.numBlockCopies;
    }
}
