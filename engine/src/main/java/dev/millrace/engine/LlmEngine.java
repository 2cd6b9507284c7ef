package dev.millrace.engine;

import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one model: requests in, completions out, many at a time.
 *
 * <p>Thread-safety: all methods may be called from any thread.
 */
public final class LlmEngine implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LlmEngine.class);

    private final EngineParts parts;
    private final RequestIntake intake;
    private final PrefillIntake prefills;
    private final Classifier classifier;
    private final EngineLoop loop;
    private final Thread thread;

    private LlmEngine(EngineParts parts, EngineConfig config, LongSupplier clock) {
        this.parts = parts;
        this.intake = new RequestIntake(parts, config, clock);
        this.prefills = new PrefillIntake(parts, config, clock);
        this.classifier = new Classifier(this::scoreLabels);
        this.loop = new EngineLoop(parts, config, new KvForecast(), clock);
        this.thread = new Thread(this::run, "millrace-engine-" + parts.model().name());
        this.thread.setDaemon(true);
    }

    /**
     * Loads a checkpoint (a Hugging Face folder or a GGUF file) and starts the engine thread.
     *
     * @throws InvalidRequestException if the configuration has a value that is not allowed
     * @throws InvalidModelException if the checkpoint cannot be used
     */
    public static LlmEngine load(Path model, EngineConfig config) {
        EngineOptions.check(config);
        return start(ModelLoader.load(model, config), config);
    }

    /** Starts the engine thread over a loaded model; the engine closes what it is given. */
    static LlmEngine start(EngineParts parts, EngineConfig config) {
        long epoch = System.nanoTime();
        LlmEngine engine = new LlmEngine(parts, config, () -> System.nanoTime() - epoch);
        engine.thread.start();
        return engine;
    }

    /**
     * Submits a request; returns at once.
     *
     * @throws InvalidRequestException if it can never be served
     * @throws EngineOverloadedException if too many tokens wait already; {@link #whenAdmitting()} tells when to try again
     * @throws EngineFailedException if the engine is broken or closed
     */
    public Generation submit(Request request) {
        Generation generation = new Generation(request);
        enter(() -> intake.prepare(generation));
        return generation;
    }

    private void enter(Supplier<ActiveRequest> prepared) {
        checkRunning();
        if (!loop.admission().admits() || !loop.submit(prepared.get())) {
            throw overloaded();
        }
    }

    /**
     * Tells how likely each label is after a prompt; returns at once. It computes the prompt once and draws no token: a label's
     * log-probability is the sum over its tokens, which are the label's text as the tokenizer writes it by itself, without BOS, put
     * behind those of the prompt. It is not divided by the length. Where one label's tokens begin another's, the end of the answer
     * counts as the last token of each.
     *
     * <p>A calibrated request takes off what each label has behind a prompt without content: the text {@code N/A}, in a chat in
     * place of all turns but those of the system (Zhao et al., Calibrate Before Use, arXiv 2102.09690).
     *
     * <p>The future completes on the engine thread; cancelling it withdraws the request.
     *
     * @throws InvalidRequestException if it can never be served
     * @throws EngineOverloadedException if too many tokens wait already; {@link #whenAdmitting()} tells when to try again
     * @throws EngineFailedException if the engine is broken or closed
     */
    public CompletableFuture<LabelScores> classify(LabelRequest request) {
        return classifier.classify(request);
    }

    private CompletableFuture<LabelScores> scoreLabels(LabelRequest request) {
        CompletableFuture<LabelScores> future = new CompletableFuture<>();
        enter(() -> prefills.labels(request, future));
        return future;
    }

    /**
     * Computes the embedding of a prompt; returns at once.
     *
     * <p>The future completes on the engine thread; cancelling it withdraws the request.
     *
     * @throws InvalidRequestException if it can never be served
     * @throws EngineOverloadedException if too many tokens wait already; {@link #whenAdmitting()} tells when to try again
     * @throws EngineFailedException if the engine is broken or closed
     */
    public CompletableFuture<Embedding> embed(EmbedRequest request) {
        CompletableFuture<Embedding> future = new CompletableFuture<>();
        enter(() -> prefills.embedding(request, future));
        return future;
    }

    private void checkRunning() {
        EngineFailedException end = loop.end().exception();
        if (end != null) {
            throw new EngineFailedException(end.problem(), end.getCause());
        }
    }

    private EngineOverloadedException overloaded() {
        Problem problem =
                new Problem(
                        EngineError.OVERLOADED,
                        "engine of " + parts.model().name(),
                        loop.admission().waitingTokens() + " waiting tokens",
                        "fewer than max-waiting-tokens and queue-capacity",
                        "Submit again when the engine admits requests");
        return new EngineOverloadedException(problem, loop.admission().retryAfter());
    }

    /** The tokens of a prompt, as {@link #submit} makes them. */
    public TokenIds tokenize(Prompt prompt) {
        return intake.tokenize(prompt);
    }

    /** Completes, on the engine thread, when the engine takes requests again after it refused one; at once if it does now. */
    public CompletableFuture<Void> whenAdmitting() {
        CompletableFuture<Void> future = loop.admission().whenAdmitting();
        if (loop.end().hasCome()) {
            loop.admission().signalAll();
        }
        return future;
    }

    /** Counters and gauges as of the last step. */
    public EngineStats stats() {
        return loop.stats();
    }

    /** Identifies the checkpoint: a hash over its configuration and its tensor index. */
    public String fingerprint() {
        return parts.model().fingerprint();
    }

    /** What computes, in one line: device, threads, instruction family, precision. */
    public String device() {
        return parts.runner().device();
    }

    /** Token ids are below this. */
    public int vocabSize() {
        return parts.model().vocabSize();
    }

    /** Most tokens of prompt and answer together. */
    public int maxModelLen() {
        return intake.maxModelLen();
    }

    private void run() {
        loop.run();
        if (loop.end().isFailure()) {
            LOG.error("The engine of {} has failed.", parts.model().name(), loop.end().exception());
        }
        // Here, as the device may belong to this thread.
        try (parts) {
            LOG.debug("The engine of {} ends.", parts.model().name());
        }
    }

    /** Ends the engine thread, fails what is in flight, frees the device. Calling it again does nothing. */
    @Override
    public void close() {
        loop.close();
        boolean interrupted = false;
        while (thread.isAlive() && thread != Thread.currentThread()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
