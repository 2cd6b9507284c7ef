package dev.millrace.engine;

import dev.millrace.engine.model.Decoder;
import dev.millrace.engine.model.ModelConfig;
import dev.millrace.engine.model.SyntheticDecoder;
import dev.millrace.engine.tokenizer.Tokenizer;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.KvCache;
import dev.millrace.kernels.KvShape;
import dev.millrace.kernels.synthetic.WeightKind;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;
import java.util.function.Supplier;

/**
 * Engines without a model: tokens are letters that depend on the request alone, text is their characters.
 *
 * <p>A hook runs at the start of each step on the engine thread, with the number of the step from 1 on: it may block or
 * throw. {@link Gate} is one that lets steps through one by one.
 */
public final class TestingEngines {
    /** Name of the model, and so part of the engine thread's name. */
    public static final String MODEL = "fake";

    private TestingEngines() {}

    /** Small limits, so that tests meet them. */
    public static EngineConfig config() {
        EngineConfig defaults = EngineConfig.defaults();
        return new EngineConfig(
                "cpu",
                1,
                defaults.computePrecision(),
                defaults.activationQuantization(),
                defaults.quantization(),
                8,
                64,
                0,
                4,
                1 << 20,
                defaults.kvCacheDtype(),
                defaults.gpuMemoryUtilization(),
                true,
                4096,
                256,
                Duration.ofSeconds(30),
                defaults.stepTimeout());
    }

    /** An engine whose answers end by length only. */
    public static LlmEngine engine(EngineConfig config) {
        return engine(config, step -> {});
    }

    /** An engine with a hook, whose answers end by length only. */
    public static LlmEngine engine(EngineConfig config, LongConsumer hook) {
        return engine(config, hook, false);
    }

    /**
     * An engine with a hook.
     *
     * @param drawsEos whether one token in sixteen is the end token
     */
    public static LlmEngine engine(EngineConfig config, LongConsumer hook, boolean drawsEos) {
        FakeBatchRunner runner = new FakeBatchRunner(numBlocks(config), config, drawsEos);
        return LlmEngine.start(parts(config, hooked(runner, hook)), config);
    }

    /** An engine of another checkpoint, whose answers end by length only. */
    public static LlmEngine engineWithFingerprint(String fingerprint, EngineConfig config) {
        FakeBatchRunner runner = new FakeBatchRunner(numBlocks(config), config, false);
        return LlmEngine.start(parts(config, runner, fingerprint), config);
    }

    /** Blocks of the pool: 256 bytes for each token. */
    static int numBlocks(EngineConfig config) {
        return Math.toIntExact(config.kvCacheBytes() / (256L * config.blockSize()));
    }

    /** An engine whose tokenizer breaks on answers that hold this text, as a whole and while they are streamed. */
    static LlmEngine engineThatCannotDecode(EngineConfig config, String text) {
        return engine(config, new BrokenTokenizer(text), () -> BrokenTokenizer.stream(text));
    }

    /** An engine with another tokenizer, whose answers end by length only. */
    static LlmEngine engine(
            EngineConfig config, Tokenizer tokenizer, Supplier<TextStream> textStreams) {
        FakeBatchRunner runner = new FakeBatchRunner(numBlocks(config), config, false);
        EngineParts sound = parts(config, runner);
        EngineParts parts =
                new EngineParts(
                        model(tokenizer.vocabSize(), "fake-fingerprint"),
                        tokenizer,
                        sound.chatTemplate(),
                        textStreams,
                        runner,
                        sound.numBlocks(),
                        sound.kvBytesPerToken());
        return LlmEngine.start(parts, config);
    }

    static EngineParts parts(EngineConfig config, BatchRunner runner) {
        return parts(config, runner, "fake-fingerprint");
    }

    private static EngineParts parts(EngineConfig config, BatchRunner runner, String fingerprint) {
        return new EngineParts(
                model(FakeTokenizer.VOCAB_SIZE, fingerprint),
                new FakeTokenizer(),
                TestingEngines::writeChat,
                () -> FakeTokenizer::decode,
                runner,
                numBlocks(config),
                256);
    }

    private static ModelInfo model(int vocabSize, String fingerprint) {
        return new ModelInfo(MODEL, 2048, vocabSize, TokenIds.of(FakeTokenizer.EOS), fingerprint);
    }

    private static String writeChat(List<Message> messages) {
        StringBuilder text = new StringBuilder();
        for (Message message : messages) {
            text.append(message.role()).append(": ").append(message.content()).append('\n');
        }
        return text.append("assistant: ").toString();
    }

    /** A runner of a synthetic model, with keys and values for {@code numBlocks} blocks. */
    static ModelRunner synthetic(
            Kernels kernels,
            ModelConfig model,
            ModelInfo info,
            EngineConfig config,
            int numBlocks) {
        Decoder decoder =
                SyntheticDecoder.load(
                        model, kernels, WeightKind.DENSE, config.maxNumBatchedTokens());
        KvCache cache = kernels.allocateKvCache(shape(model, config, numBlocks));
        return new ModelRunner(kernels, decoder, info, config).withCache(cache);
    }

    static KvShape shape(ModelConfig model, EngineConfig config, int numBlocks) {
        return new KvShape(
                model.numLayers(),
                numBlocks,
                config.blockSize(),
                model.numKvHeads(),
                model.headDim());
    }

    static BatchRunner hooked(BatchRunner runner, LongConsumer hook) {
        return new ForwardingBatchRunner(runner) {
            private long steps;

            @Override
            public void launch(ScheduledBatch batch) {
                hook.accept(++steps);
                super.launch(batch);
            }
        };
    }

    /** The hook of a step that takes this long. */
    public static LongConsumer delay(Duration duration) {
        // A latch that nobody opens, as a timed wait is what is meant.
        CountDownLatch never = new CountDownLatch(1);
        return step -> await(never, duration);
    }

    /** The hook of an engine that breaks at a step. */
    public static LongConsumer throwAt(long failingStep, RuntimeException failure) {
        return step -> {
            if (step == failingStep) {
                throw failure;
            }
        };
    }

    private static boolean await(CountDownLatch latch, Duration atMost) {
        try {
            return latch.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    /**
     * A hook that holds the engine before each step until it is let through. {@link #open} it before the engine is closed.
     *
     * <p>Thread-safety: all methods may be called from any thread.
     */
    public static final class Gate implements LongConsumer {
        private final ReentrantLock lock = new ReentrantLock();
        private final Condition changed = lock.newCondition();
        private long allowed;
        private long arrived;

        @Override
        public void accept(long step) {
            lock.lock();
            try {
                arrived = step;
                changed.signalAll();
                while (step > allowed) {
                    changed.awaitUninterruptibly();
                }
            } finally {
                lock.unlock();
            }
        }

        /** Lets this many more steps through. */
        public void release(int steps) {
            allow(steps);
        }

        /** Lets all steps through. */
        public void open() {
            allow(Long.MAX_VALUE / 2);
        }

        private void allow(long steps) {
            lock.lock();
            try {
                allowed += steps;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }

        /** Waits until the engine stands before this step (1 for the first). */
        public void awaitStep(long step) {
            lock.lock();
            try {
                while (arrived < step) {
                    changed.awaitUninterruptibly();
                }
            } finally {
                lock.unlock();
            }
        }
    }
}
