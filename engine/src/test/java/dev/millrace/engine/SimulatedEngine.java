package dev.millrace.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongConsumer;

/**
 * An engine whose rounds the test runs itself, on its own thread and by its own clock.
 *
 * <p>After every round it compares the books of the pool with the block tables of the running sequences.
 */
final class SimulatedEngine {
    final FakeBatchRunner runner;
    final EngineLoop loop;
    private final EngineConfig config;
    private final RequestIntake intake;
    private final PrefillIntake prefills;
    private final List<Generation> posted = new ArrayList<>();
    long nanos;

    SimulatedEngine(EngineConfig config, int numBlocks, boolean drawsEos) {
        this(config, numBlocks, drawsEos, 0);
    }

    /** {@code window}: how many tokens a token sees, 0 for all. */
    SimulatedEngine(EngineConfig config, int numBlocks, boolean drawsEos, int window) {
        this(
                config,
                new FakeBatchRunner(numBlocks, config, drawsEos).withWindow(window),
                numBlocks,
                new KvForecast(),
                step -> {});
    }

    SimulatedEngine(
            EngineConfig config,
            int numBlocks,
            boolean drawsEos,
            KvForecast forecast,
            LongConsumer hook) {
        this(config, new FakeBatchRunner(numBlocks, config, drawsEos), numBlocks, forecast, hook);
    }

    SimulatedEngine(
            EngineConfig config,
            FakeBatchRunner runner,
            int numBlocks,
            KvForecast forecast,
            LongConsumer hook) {
        this.runner = runner;
        this.config = config;
        EngineParts all = TestingEngines.parts(config, TestingEngines.hooked(runner, hook));
        EngineParts parts =
                new EngineParts(
                        withWindow(all.model(), runner.window()),
                        all.tokenizer(),
                        all.chatTemplate(),
                        all.textStreams(),
                        all.runner(),
                        numBlocks,
                        all.kvBytesPerToken());
        intake = new RequestIntake(parts, config, () -> nanos);
        prefills = new PrefillIntake(parts, config, () -> nanos);
        loop = new EngineLoop(parts, config, forecast, () -> nanos);
    }

    private static ModelInfo withWindow(ModelInfo model, int window) {
        return new ModelInfo(
                model.name(),
                model.maxModelLen(),
                model.vocabSize(),
                model.eosTokenIds(),
                model.fingerprint(),
                window,
                0);
    }

    Generation submit(Request request) {
        Generation generation = new Generation(request);
        enter(intake.prepare(generation));
        return generation;
    }

    CompletableFuture<LabelScores> classify(LabelRequest request) {
        CompletableFuture<LabelScores> future = new CompletableFuture<>();
        enter(prefills.labels(request, future));
        return future;
    }

    CompletableFuture<Embedding> embed(EmbedRequest request) {
        CompletableFuture<Embedding> future = new CompletableFuture<>();
        enter(prefills.embedding(request, future));
        return future;
    }

    private void enter(ActiveRequest request) {
        if (!loop.submit(request)) {
            throw new AssertionError("refused");
        }
    }

    /** Submits a request whose answer the test does not look at. */
    void post(Request request) {
        posted.add(submit(request));
    }

    /** One round, with the checks. */
    void round() {
        loop.doWork();
        nanos += 1_000_000;
        checkIntegrity();
    }

    /** Rounds until the answer is there; fails after {@code limit} of them. */
    <T> T finish(CompletableFuture<T> future, int limit) {
        for (int i = 0; i < limit && !future.isDone(); i++) {
            round();
        }
        if (!future.isDone()) {
            throw new AssertionError("not finished after " + limit + " rounds");
        }
        return future.join();
    }

    Completion run(Request request) {
        return finish(submit(request), 10_000);
    }

    void checkIntegrity() {
        Scheduler scheduler = loop.scheduler();
        BlockPool pool = scheduler.pool();
        int[] references = new int[pool.numBlocks()];
        for (int i = 0; i < scheduler.numRunning(); i++) {
            Sequence sequence = scheduler.running(i);
            int size = sequence.blockTable.size();
            for (int b = sequence.blockTable.numReleased(); b < size; b++) {
                references[sequence.blockTable.get(b)]++;
            }
            if (size != pool.blocksFor(sequence.numComputedTokens)) {
                throw new AssertionError("a block table does not fit its sequence");
            }
        }
        pool.checkIntegrity(references);
        if (scheduler.numRunning() > config.maxNumSeqs()) {
            throw new AssertionError("more sequences run than maxNumSeqs");
        }
    }
}
