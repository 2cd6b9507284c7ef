package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import dev.millrace.engine.model.ModelConfig;
import dev.millrace.engine.model.SyntheticDecoder;
import dev.millrace.kernels.CudaKernels;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.KernelsConfig;
import dev.millrace.kernels.KvShape;
import dev.millrace.kernels.TestingEmulator;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * What the host spends on a decode step of Llama-3.1-8B's shape, with a device that drops all work ({@code MILLRACE_EMU_NULL=2}):
 * microseconds by part, bytes allocated, launches. The figures are the host's own and real. {@code src/test/cuda/host-costs.sh} of
 * the kernels runs it.
 */
final class HostCosts {
    private static final int PROMPT = 512;
    private static final int MAX_MODEL_LEN = 2048;
    private static final int TOKEN = 5;
    private static final int WARM_UP_STEPS = 800;
    private static final int STEPS = 400;
    private static final int NUM_SEQS = 512;
    private static final int WAITING = 100_000;

    private final EngineConfig config;
    private final ModelConfig model = SyntheticDecoder.llama8b(MAX_MODEL_LEN);
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private CudaKernels kernels;
    private long launchNanos;
    private long readNanos;

    HostCosts() {
        config =
                EngineOptions.parse(
                        Map.of(
                                "max-num-seqs", Integer.toString(NUM_SEQS),
                                "max-num-batched-tokens", "8192",
                                "max-waiting-tokens", "1000000000",
                                "queue-capacity", "1048576"));
    }

    @Test
    void aDecodeStepIsOneCopyAndOneGraph() {
        assumeTrue(
                TestingEmulator.isLoaded() && "2".equals(System.getenv("MILLRACE_EMU_NULL")),
                "needs the emulator as a null device");
        try (Kernels opened = Kernels.create(KernelsConfig.cuda())) {
            kernels = (CudaKernels) opened;
            EngineLoop loop = start();
            for (int i = 0; i < WARM_UP_STEPS; i++) {
                loop.doWork();
            }
            measure(loop);
        }
    }

    private EngineLoop start() {
        int blocksPerSeq = MAX_MODEL_LEN / config.blockSize();
        int numBlocks = NUM_SEQS * blocksPerSeq;
        ModelInfo info =
                new ModelInfo(
                        "dummy", MAX_MODEL_LEN, model.vocabSize(), model.eosTokenIds(), "dummy");
        ModelRunner runner = TestingEngines.synthetic(kernels, model, info, config, numBlocks);
        KvShape shape = TestingEngines.shape(model, config, numBlocks);
        EngineParts parts =
                new EngineParts(
                        info,
                        new FakeTokenizer(),
                        messages -> "",
                        () -> FakeTokenizer::decode,
                        timed(runner),
                        numBlocks,
                        shape.blockBytes(kernels.kvType()) / config.blockSize());
        EngineLoop loop = new EngineLoop(parts, config, new KvForecast(), System::nanoTime);
        submit(loop, parts, WAITING + NUM_SEQS);
        while (loop.scheduler().numRunning() < NUM_SEQS) {
            loop.doWork();
        }
        return loop;
    }

    /** The null device draws nothing, so that a token is put in its place. */
    private BatchRunner timed(ModelRunner runner) {
        return new ForwardingBatchRunner(runner) {
            @Override
            public void launch(ScheduledBatch batch) {
                long start = cpuNanos();
                super.launch(batch);
                launchNanos += cpuNanos() - start;
            }

            @Override
            public void read(ScheduledBatch batch) {
                long start = cpuNanos();
                super.read(batch);
                readNanos += cpuNanos() - start;
                for (int s = 0; s < batch.size(); s++) {
                    batch.setSampled(s, TOKEN, null);
                }
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

    private void measure(EngineLoop loop) {
        long launches = kernels.kernelLaunches();
        long graphs = kernels.graphLaunches();
        long thread = Thread.currentThread().getId();
        long bytes = threads.getThreadAllocatedBytes(thread);
        launchNanos = 0;
        readNanos = 0;
        long start = cpuNanos();
        for (int i = 0; i < STEPS; i++) {
            loop.doWork();
        }
        double total = (cpuNanos() - start) / 1e3 / STEPS;
        double launch = launchNanos / 1e3 / STEPS;
        double read = readNanos / 1e3 / STEPS;
        bytes = threads.getThreadAllocatedBytes(thread) - bytes;
        List<String> lines =
                List.of(
                        "sequences " + NUM_SEQS + ", waiting " + loop.scheduler().numWaiting(),
                        "step, us                %8.1f".formatted(total),
                        "  schedule and update   %8.1f".formatted(total - launch - read),
                        "  pack and launch       %8.1f".formatted(launch),
                        "  read                  %8.1f".formatted(read),
                        "bytes allocated a step  %8d".formatted(bytes / STEPS),
                        "kernel launches a step  %8.2f"
                                .formatted((double) (kernels.kernelLaunches() - launches) / STEPS),
                        "graph launches a step   %8.2f"
                                .formatted((double) (kernels.graphLaunches() - graphs) / STEPS));
        lines.forEach(System.out::println);
        assertThat(kernels.kernelLaunches() - launches).isEqualTo(STEPS);
        assertThat(kernels.graphLaunches() - graphs).isEqualTo(STEPS);
        assertThat(bytes / STEPS).isLessThan(1024);
    }
}
