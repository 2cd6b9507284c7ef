package dev.millrace.engine;

import dev.millrace.engine.model.Decoder;
import dev.millrace.engine.model.ModelConfig;
import dev.millrace.engine.model.SyntheticDecoder;
import dev.millrace.engine.tokenizer.Tokenizer;
import dev.millrace.kernels.CudaKernels;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.KernelsConfig;
import dev.millrace.kernels.KvScales;
import dev.millrace.kernels.cuda.KernelTime;
import dev.millrace.kernels.synthetic.WeightKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Measures an engine in the middle of a long run, on a GPU, with a synthetic model: all requests have prompts of one length and answers of
 * one length, and always more wait than run.
 *
 * <p>Getting into the middle would take minutes. So the steps up to it are scheduled as always, but not computed; the first answers
 * have lengths from one token to the whole, so that afterwards sequences end and begin evenly. Keys and values of what was not
 * computed are zero, which costs a kernel as much as any other number. Then steps are computed and timed.
 *
 * <p>Thread-safety: none; the calling thread is the engine's.
 */
public final class SteadyState implements AutoCloseable {
    private static final int MEGABYTE = 1 << 20;
    private static final int WARM_UP_STEPS = 4;
    private static final int MOST_LISTED = 64;

    private final EngineConfig config;
    private final EngineParts parts;
    private final SteadyStateRunner runner;

    private SteadyState(EngineConfig config, EngineParts parts, SteadyStateRunner runner) {
        this.config = config;
        this.parts = parts;
        this.runner = runner;
    }

    /**
     * One step.
     *
     * @param sequences sequences in it
     * @param tokens token rows in it
     * @param wallMicros from the end of the step before to its own, as the host sees them; meanwhile the next one is launched
     * @param deviceMicros on the device, from its first copy, or the end of the step before, to its last copy
     * @param hostMicros on the host, all but the wait for the device: scheduling, launch and update
     */
    public record Step(
            int sequences, int tokens, double wallMicros, double deviceMicros, double hostMicros) {}

    /**
     * What was measured.
     *
     * @param inputLen tokens of a prompt
     * @param outputLen tokens of an answer
     * @param seconds time measured
     * @param generatedTokens tokens drawn in it
     * @param computedTokens token rows computed in it, prompts included
     * @param steps all of them
     * @param first the first of these, one by one
     */
    public record Figures(
            int inputLen,
            int outputLen,
            double seconds,
            long generatedTokens,
            long computedTokens,
            int steps,
            List<Step> first) {

        /** Answers' tokens in a second. */
        public double outputTokensPerSecond() {
            return generatedTokens / seconds;
        }
    }

    /**
     * Loads a model on a GPU.
     *
     * @throws InvalidModelException if it does not fit
     * @throws dev.millrace.kernels.KernelException if the device cannot be used
     */
    public static SteadyState open(ModelConfig model, WeightKind kind, EngineConfig config) {
        KernelsConfig kernelsConfig =
                new KernelsConfig(
                        config.device(),
                        1,
                        config.computePrecision(),
                        DType.BF16,
                        config.activationQuantization());
        CudaKernels kernels = (CudaKernels) Kernels.create(kernelsConfig);
        try {
            return load(kernels, model, kind, config);
        } catch (RuntimeException | Error e) {
            kernels.close();
            throw e;
        }
    }

    private static SteadyState load(
            CudaKernels kernels, ModelConfig model, WeightKind kind, EngineConfig config) {
        kernels.checkHeads(model.headDim());
        int maxModelLen = model.maxPositionEmbeddings();
        ModelInfo info =
                new ModelInfo(
                        "synthetic",
                        maxModelLen,
                        model.vocabSize(),
                        model.eosTokenIds(),
                        "synthetic");
        long weightBytes = SyntheticDecoder.weightBytes(model, kind);
        boolean scaled = config.kvCacheDtype() == KvCacheDtype.FP8;
        KvSizing sizing = new KvSizing(config, model, maxModelLen, kernels, scaled, weightBytes);
        Decoder decoder = SyntheticDecoder.load(model, kernels, kind, config.maxNumBatchedTokens());
        occupy(kernels, weightBytes);
        ModelRunner runner = new ModelRunner(kernels, decoder, info, config);
        SteadyStateRunner timed = new SteadyStateRunner(runner, kernels);
        EngineParts parts =
                new EngineParts(
                        info,
                        new NoTokenizer(model.vocabSize()),
                        messages -> "",
                        () -> token -> "",
                        timed,
                        0,
                        sizing.bytesPerToken());
        Optional<KvScales> scales =
                scaled ? Optional.of(ones(model.numLayers())) : Optional.empty();
        int numBlocks = sizing.allocate(runner, parts, scales);
        return new SteadyState(config, parts.withNumBlocks(numBlocks), timed);
    }

    private static KvScales ones(int numLayers) {
        List<float[]> ones = Collections.nCopies(numLayers, new float[] {1});
        return new KvScales(ones, ones);
    }

    /** Takes the memory that the other layers would have, so that no more is left for keys and values than there would be. */
    private static void occupy(CudaKernels kernels, long weightBytes) {
        long taken = kernels.buffers().bytesByPurpose().getOrDefault("weights", 0L);
        int missing = (int) Math.max(0, (weightBytes - taken) / MEGABYTE);
        kernels.allocate(DType.INT8, missing, MEGABYTE, "weights of other layers");
    }

    /**
     * Measures steps in the middle of a run, {@code mostSteps} of them, or fewer if {@code mostTime} is over; at least one.
     *
     * @throws InvalidRequestException if {@code inputLen + outputLen} is more than the model was loaded for
     */
    public Figures measure(int inputLen, int outputLen, int mostSteps, Duration mostTime) {
        SteadyLoad load = reach(inputLen, outputLen);
        for (int i = 0; i < WARM_UP_STEPS; i++) {
            load.step();
        }
        return measured(load, inputLen, outputLen, mostSteps, mostTime);
    }

    private SteadyLoad reach(int inputLen, int outputLen) {
        runner.drain();
        // Made while steps are timed, so that it has room for one ahead.
        SteadyLoad load = new SteadyLoad(parts, config, inputLen, outputLen);
        runner.use(SteadyStateRunner.Mode.SKIP);
        load.reachMiddle();
        runner.use(SteadyStateRunner.Mode.TIME);
        return load;
    }

    private Figures measured(
            SteadyLoad load, int inputLen, int outputLen, int mostSteps, Duration mostTime) {
        List<Step> steps = new ArrayList<>();
        long generated = load.generatedTokens();
        long computed = 0;
        long start = System.nanoTime();
        long now = start;
        int count = 0;
        runner.takeWaitNanos();
        while (count == 0 || (count < mostSteps && now - start < mostTime.toNanos())) {
            load.step();
            long waited = runner.takeWaitNanos();
            long next = System.nanoTime();
            computed += runner.tokens();
            count++;
            if (steps.size() < MOST_LISTED) {
                steps.add(step(next - now, waited));
            }
            now = next;
        }
        return new Figures(
                inputLen,
                outputLen,
                (now - start) * 1e-9,
                load.generatedTokens() - generated,
                computed,
                count,
                steps);
    }

    private Step step(long wallNanos, long waitNanos) {
        return new Step(
                runner.sequences(),
                runner.tokens(),
                wallNanos * 1e-3,
                runner.deviceMilliseconds() * 1e3,
                (wallNanos - waitNanos) * 1e-3);
    }

    /** The kernels of one step in the middle of a run, each with its time; launched one by one, not as a graph. */
    public List<KernelTime> trace(int inputLen, int outputLen) {
        SteadyLoad load = reach(inputLen, outputLen);
        load.step();
        runner.use(SteadyStateRunner.Mode.TRACE);
        load.step();
        return runner.trace();
    }

    /** KV blocks. */
    public int numBlocks() {
        return parts.numBlocks();
    }

    @Override
    public void close() {
        parts.close();
    }

    /** A synthetic model has no texts: any ids do for a prompt, and nobody reads the answers. */
    private record NoTokenizer(int vocabSize) implements Tokenizer {
        @Override
        public int[] encode(String text, boolean addSpecialTokens) {
            return text.chars().map(each -> each % vocabSize).toArray();
        }

        @Override
        public String decode(int[] ids, int from, int to) {
            return "";
        }

        @Override
        public byte[][] tokenBytes() {
            return new byte[vocabSize][];
        }

        @Override
        public void close() {}
    }
}
