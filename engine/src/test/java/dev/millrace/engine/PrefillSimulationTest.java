package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Labels and embeddings among generations on random small engines: each gets what it gets alone, whatever is chunked, shared,
 * copied, preempted, cancelled or late.
 */
final class PrefillSimulationTest {
    private static final int SCENARIOS = 400;
    private static final int MAX_ROUNDS = 20_000;

    private final List<Submitted<?>> submitted = new ArrayList<>();
    private long preemptions;
    private long copies;
    private long recomputed;
    private int cancels;
    private int failures;
    private int labels;
    private int embeddings;

    /** A request in the simulation, and the same request alone. */
    private record Submitted<T>(
            CompletableFuture<T> future, Function<SimulatedEngine, CompletableFuture<T>> again) {

        static <T> Submitted<T> to(
                SimulatedEngine engine, Function<SimulatedEngine, CompletableFuture<T>> request) {
            return new Submitted<>(request.apply(engine), request);
        }

        Object alone(SimulatedEngine engine) {
            return engine.finish(again.apply(engine), MAX_ROUNDS);
        }
    }

    @Test
    void everyRequestGetsWhatItGetsAlone() {
        for (long seed = 1; seed <= SCENARIOS; seed++) {
            try {
                simulate(new SplittableRandom(seed));
            } catch (Throwable e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
            }
        }
        // A simulation in which nothing happens would prove nothing.
        assertThat(preemptions).isGreaterThan(100);
        assertThat(copies).isGreaterThan(1000);
        assertThat(recomputed).isGreaterThan(20);
        assertThat(cancels).isGreaterThan(20);
        assertThat(failures).isGreaterThan(20);
        assertThat(labels).isGreaterThan(1000);
        assertThat(embeddings).isGreaterThan(1000);
    }

    private void simulate(SplittableRandom random) {
        submitted.clear();
        EngineConfig config = SchedulerSimulationTest.config(random);
        int window = random.nextInt(3) > 0 ? 0 : random.nextInt(1, 60);
        int numBlocks =
                KvCacheManager.mostBlocks(
                                config.blockSize(), window, config.maxNumBatchedTokens(), 128)
                        + 1
                        + random.nextInt(random.nextBoolean() ? 3 : 40);
        KvForecast forecast = new KvForecast(random.nextDouble(-0.1, 1));
        SimulatedEngine engine =
                SchedulerSimulationTest.engine(
                        config, numBlocks, true, window, forecast, random.nextInt(2));
        if (random.nextInt(4) == 0) {
            engine.runner.runOutOfMemoryAfter(random.nextInt(1, 30));
        }
        int requests = random.nextInt(1, 30);
        int rounds = 0;
        while (submitted.size() < requests || engine.loop.scheduler().hasWork()) {
            if (submitted.size() < requests && random.nextInt(3) > 0) {
                submitted.add(submit(engine, random, submitted.size()));
            }
            if (random.nextInt(40) == 0 && !submitted.isEmpty()) {
                submitted.get(random.nextInt(submitted.size())).future().cancel(false);
            }
            engine.round();
            assertThat(++rounds).as("rounds").isLessThan(MAX_ROUNDS);
        }
        engine.round();
        engine.round();
        for (Submitted<?> one : submitted) {
            compare(one, new SimulatedEngine(config, numBlocks, true, window));
        }
        assertThat(engine.loop.scheduler().pool().numUsed()).as("blocks at the end").isZero();
        assertThat(engine.loop.stats().waitingTokens()).isZero();
        preemptions += engine.loop.stats().preemptions();
        copies += engine.runner.numBlockCopies;
        recomputed += engine.runner.numRecomputed;
    }

    private Submitted<?> submit(SimulatedEngine engine, SplittableRandom random, int number) {
        Request any = SchedulerSimulationTest.request(random, number);
        String id = any.id();
        Prompt prompt = any.prompt();
        int kind = random.nextInt(4);
        if (kind == 0) {
            Request request = Request.of(id, prompt, any.sampling());
            return Submitted.to(engine, one -> one.submit(request));
        }
        Function<SimulatedEngine, Optional<Duration>> timeout =
                one -> one == engine ? any.timeout() : Optional.empty();
        if (kind == 1) {
            embeddings++;
            Pooling pooling = random.nextBoolean() ? Pooling.MEAN : Pooling.LAST;
            boolean normalized = random.nextBoolean();
            return Submitted.to(
                    engine,
                    one ->
                            one.embed(
                                    new EmbedRequest(
                                            id, prompt, pooling, normalized, timeout.apply(one))));
        }
        labels++;
        List<String> texts = texts(random);
        return Submitted.to(
                engine,
                one ->
                        one.classify(
                                new LabelRequest(id, prompt, texts, false, timeout.apply(one))));
    }

    /** Up to twelve labels of 1 to 20 tokens, some of which begin others. */
    private static List<String> texts(SplittableRandom random) {
        int length = random.nextInt(1, 20);
        return random.ints(random.nextInt(1, 13), 0, 1 << 20)
                .mapToObj(i -> Integer.toString(i, 2))
                .map(text -> text.substring(0, Math.min(length, text.length())))
                .distinct()
                .toList();
    }

    private void compare(Submitted<?> one, SimulatedEngine alone) {
        assertThat(one.future()).isDone();
        if (one.future().isCancelled()) {
            cancels++;
        } else if (one.future().isCompletedExceptionally()) {
            failures++;
        } else {
            assertThat(content(one.future().join())).isEqualTo(content(one.alone(alone)));
        }
    }

    /** All but times and counts. */
    private static Object content(Object answer) {
        if (answer instanceof Completion completion) {
            return completion.outputs();
        }
        return answer instanceof LabelScores scores
                ? scores.scores()
                : TokenIds.of(bits((Embedding) answer));
    }

    private static int[] bits(Embedding embedding) {
        return IntStream.range(0, embedding.dimension())
                .map(i -> Float.floatToIntBits(embedding.get(i)))
                .toArray();
    }
}
