package dev.millrace.engine;

import com.sun.management.ThreadMXBean;
import dev.millrace.engine.model.Decoder;
import dev.millrace.engine.model.DummyDecoder;
import dev.millrace.engine.model.ModelConfig;
import dev.millrace.kernels.CudaKernels;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.KernelsConfig;
import dev.millrace.kernels.KvCache;
import dev.millrace.kernels.KvShape;
import dev.millrace.kernels.TestingEmulator;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;

/**
 * What the host spends on a decode step of Llama-3.1-8B's shape, with a device that does nothing at once ({@code
 * MILLRACE_EMU_NULL=2}): microseconds by part, bytes allocated, launches. The figures are the host's own and real.
 *
 * <p>Run it with {@code kernels/src/test/cuda/host-costs.sh}. Arguments: {@code SEQUENCES WAITING STEPS}.
 */
public final class HostCosts {
    private static final int PROMPT = 512;
    private static final int MAX_MODEL_LEN = 2048;
    private static final int TOKEN = 5;
    private static final int WARM_UP_STEPS = 800;

    private final EngineConfig config;
    private final int numSeqs;
    private final ModelConfig model = DummyDecoder.llama8b(MAX_MODEL_LEN);
    private final Kernels kernels = Kernels.create(KernelsConfig.cuda());
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private long runNanos;

    private HostCosts(int numSeqs) {
        this.numSeqs = numSeqs;
        config =
                EngineOptions.parse(
                        Map.of(
                                "max-num-seqs", Integer.toString(numSeqs),
                                "max-num-batched-tokens", "8192",
                                "max-waiting-tokens", "1000000000",
                                "queue-capacity", "1048576"));
    }

    /** See the class. */
    public static void main(String[] args) {
        if (!TestingEmulator.isLoaded() || !"2".equals(System.getenv("MILLRACE_EMU_NULL"))) {
            throw new IllegalStateException("needs the emulator, and MILLRACE_EMU_NULL=2");
        }
        int numSeqs = args.length > 0 ? Integer.parseInt(args[0]) : 512;
        int waiting = args.length > 1 ? Integer.parseInt(args[1]) : 100_000;
        int steps = args.length > 2 ? Integer.parseInt(args[2]) : 400;
        new HostCosts(numSeqs).run(waiting, steps);
    }

    private void run(int waiting, int steps) {
        int blocksPerSeq = MAX_MODEL_LEN / config.blockSize();
        int numBlocks = numSeqs * blocksPerSeq;
        ModelInfo info =
                new ModelInfo(
                        "dummy", MAX_MODEL_LEN, model.vocabSize(), model.eosTokenIds(), "dummy");
        Decoder decoder = DummyDecoder.load(model, kernels, config.maxNumBatchedTokens());
        KvCache cache =
                kernels.allocateKvCache(
                        new KvShape(
                                model.numLayers(),
                                numBlocks,
                                config.blockSize(),
                                model.numKvHeads(),
                                model.headDim()));
        ModelRunner runner = new ModelRunner(kernels, decoder, cache, info, config);
        EngineParts parts =
                new EngineParts(
                        info,
                        new FakeTokenizer(),
                        messages -> "",
                        () -> FakeTokenizer::decode,
                        timed(runner),
                        numBlocks);
        EngineLoop loop = new EngineLoop(parts, config, new KvForecast(), System::nanoTime);
        submit(loop, parts, waiting + numSeqs);
        while (loop.scheduler().numRunning() < numSeqs) {
            loop.doWork();
        }
        for (int i = 0; i < WARM_UP_STEPS; i++) {
            loop.doWork();
        }
        measure(loop, steps);
    }

    /** The null device draws nothing, so that a token is put in its place. */
    private BatchRunner timed(ModelRunner runner) {
        return new BatchRunner() {
            @Override
            public void run(ScheduledBatch batch) {
                long start = cpuNanos();
                runner.run(batch);
                runNanos += cpuNanos() - start;
                for (int s = 0; s < batch.size(); s++) {
                    batch.setSampled(s, TOKEN, null);
                }
            }

            @Override
            public void close() {
                runner.close();
            }
        };
    }

    private void submit(EngineLoop loop, EngineParts parts, int count) {
        RequestIntake intake = new RequestIntake(parts, config, System::nanoTime);
        SamplingParams sampling =
                SamplingParams.builder()
                        .temperature(0)
                        .maxTokens(MAX_MODEL_LEN - PROMPT)
                        .ignoreEos(true)
                        .build();
        int[] ids = new int[PROMPT];
        for (int i = 0; i < count; i++) {
            ids[0] = i;
            Request request = Request.of("r" + i, new Prompt.Tokens(TokenIds.of(ids)), sampling);
            if (!loop.submit(intake.prepare(new Generation(request)))) {
                throw new IllegalStateException("refused");
            }
        }
    }

    /** Processor time of this thread: other programs do not count. */
    private long cpuNanos() {
        return threads.getCurrentThreadCpuTime();
    }

    private void measure(EngineLoop loop, int steps) {
        CudaKernels cuda = (CudaKernels) kernels;
        long launches = cuda.kernelLaunches();
        long graphs = cuda.graphLaunches();
        long thread = Thread.currentThread().getId();
        long bytes = threads.getThreadAllocatedBytes(thread);
        runNanos = 0;
        long start = cpuNanos();
        for (int i = 0; i < steps; i++) {
            loop.doWork();
        }
        double total = (cpuNanos() - start) / 1e3 / steps;
        double run = runNanos / 1e3 / steps;
        bytes = threads.getThreadAllocatedBytes(thread) - bytes;
        List<String> lines =
                List.of(
                        "sequences " + numSeqs + ", waiting " + loop.scheduler().numWaiting(),
                        "step, us                %8.1f".formatted(total),
                        "  schedule and update   %8.1f".formatted(total - run),
                        "  inputs, launch, read  %8.1f".formatted(run),
                        "bytes allocated a step  %8d".formatted(bytes / steps),
                        "kernel launches a step  %8.2f"
                                .formatted((double) (cuda.kernelLaunches() - launches) / steps),
                        "graph launches a step   %8.2f"
                                .formatted((double) (cuda.graphLaunches() - graphs) / steps));
        lines.forEach(System.out::println);
    }
}
