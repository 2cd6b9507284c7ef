package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.model.ModelConfig;
import dev.millrace.engine.model.SyntheticDecoder;
import dev.millrace.engine.tokenizer.Tokenizer;
import dev.millrace.kernels.CudaKernels;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.KernelsConfig;
import dev.millrace.kernels.synthetic.ModelShape;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Where the masks of a step are made: on the emulated GPU its forward pass is launched before, and before the host has read the
 * token that they need.
 */
final class FormedStepsTest {
    private static final ModelConfig MODEL = SyntheticDecoder.config(ModelShape.TINY, 2, 64);
    private static final EngineConfig CONFIG =
            EngineOptions.parse(Map.of("max-num-seqs", "4", "max-num-batched-tokens", "64"));
    private static final int BLOCKS = 64;
    private static final int ANSWER = 40;

    /** No two tokens in turn have the same mask. */
    private static final AnswerFormat FORM =
            new AnswerFormat.Regex("([a-f][0-9]){" + ANSWER / 2 + "}");

    /** The second step of a shape is recorded, so from the fourth on none is new: one prefills. */
    private static final int FIRST_RECORDED = 4;

    /**
     * What was done from one call to another.
     *
     * @param kernels launched by themselves
     * @param graphs launched
     * @param formNanos spent on the forms of the batch
     */
    private record Work(long kernels, long graphs, long formNanos) {}

    /**
     * One step.
     *
     * @param ahead whether the host did not know the last tokens of its sequences when it launched the step
     * @param knownAtDraw whether it knew them when it let the tokens be drawn
     */
    private record Step(Work launch, Work draw, boolean ahead, boolean knownAtDraw) {}

    private final List<Step> steps = new ArrayList<>();
    private final List<Generation> generations = new ArrayList<>();
    private CudaKernels kernels;

    @BeforeEach
    void needsTheEmulator() {
        TestingDevices.assumeEmulator();
    }

    @Test
    void masksAreMadeBehindTheLaunchOfTheForwardPass() throws Exception {
        run(FORM, FORM, null);
        for (Generation generation : generations.subList(0, 2)) {
            assertThat(generation.get().text()).matches("([a-f][0-9]){20}");
        }
        assertThat(steps).hasSizeGreaterThanOrEqualTo(ANSWER);
        for (Step step : steps.subList(0, ANSWER)) {
            assertThat(step.launch.kernels + step.launch.graphs).isPositive();
            assertThat(step.launch.formNanos).isZero();
            assertThat(step.draw.formNanos).isPositive();
            assertThat(step.knownAtDraw).isTrue();
        }
        assertThat(steps.get(0).ahead).isFalse();
        assertThat(steps.subList(1, ANSWER)).extracting(Step::ahead).containsOnly(true);
    }

    /** The forward pass is a graph; then masks that have changed take a copy with its kernel, and the draw is a kernel. */
    @Test
    void aFormTakesTheDrawOutOfTheGraph() throws Exception {
        run(FORM, FORM, null);
        for (Step step : steps.subList(FIRST_RECORDED, ANSWER)) {
            assertThat(step.launch.graphs).isOne();
            assertThat(step.launch.kernels).isOne();
            assertThat(step.draw.graphs).isZero();
            assertThat(step.draw.kernels).isEqualTo(2);
        }
    }

    @Test
    void stepsWithoutAFormAreOneGraph() throws Exception {
        run(null, null, null);
        for (Step step : steps.subList(FIRST_RECORDED, ANSWER)) {
            assertThat(step.launch.graphs).isOne();
            assertThat(step.launch.kernels).isOne();
            assertThat(step.draw).isEqualTo(new Work(0, 0, 0));
        }
    }

    /** All the answers, of one length, of requests with these forms, null for none. */
    private void run(AnswerFormat... forms) throws Exception {
        try (Kernels opened = Kernels.create(KernelsConfig.cuda())) {
            kernels = (CudaKernels) opened;
            EngineParts parts = parts();
            EngineLoop loop = new EngineLoop(parts, CONFIG, new KvForecast(), () -> 0);
            RequestIntake intake = new RequestIntake(parts, CONFIG, () -> 0);
            for (AnswerFormat form : forms) {
                Generation generation = new Generation(request(form));
                generations.add(generation);
                assertThat(loop.submit(intake.prepare(generation))).isTrue();
            }
            while (loop.doWork() > 0) {
                assertThat(loop.scheduler().numRunning()).isLessThanOrEqualTo(forms.length);
            }
            for (Generation generation : generations) {
                assertThat(generation.get().usage().generatedTokens())
                        .isBetween(ANSWER, ANSWER + 1);
            }
        }
    }

    private static Request request(AnswerFormat form) {
        SamplingParams sampling =
                SamplingParams.builder()
                        .maxTokens(ANSWER + 1)
                        .ignoreEos(form == null)
                        .seed(3)
                        .format(form)
                        .build();
        return Request.of("r", new Prompt.Text("Ticket"), sampling);
    }

    private EngineParts parts() {
        ModelInfo info = new ModelInfo("tiny", 64, MODEL.vocabSize(), MODEL.eosTokenIds(), "tiny");
        ModelRunner runner = TestingEngines.synthetic(kernels, MODEL, info, CONFIG, BLOCKS);
        return new EngineParts(
                info,
                new ByteTokenizer(),
                messages -> "",
                () -> id -> "",
                new Recorder(runner),
                BLOCKS,
                1);
    }

    /** Takes notes of each call. */
    private final class Recorder extends ForwardingBatchRunner {
        private Work launch;
        private boolean ahead;

        Recorder(ModelRunner runner) {
            super(runner);
        }

        @Override
        public void launch(ScheduledBatch batch) {
            ahead = sequences(batch).allMatch(each -> batch.sequence(each).numUnreadTokens == 1);
            launch = work(batch, () -> runner.launch(batch));
        }

        /** The scheduler has counted the token that the step draws, unless the step was the first. */
        @Override
        public void draw(ScheduledBatch batch) {
            int unread = ahead ? 1 : 0;
            boolean known =
                    sequences(batch)
                            .allMatch(each -> batch.sequence(each).numUnreadTokens <= unread);
            Work draw = work(batch, () -> runner.draw(batch));
            steps.add(new Step(launch, draw, ahead, known));
        }

        private Work work(ScheduledBatch batch, Runnable call) {
            long before = formNanos(batch);
            long launches = kernels.kernelLaunches();
            long graphs = kernels.graphLaunches();
            call.run();
            return new Work(
                    kernels.kernelLaunches() - launches,
                    kernels.graphLaunches() - graphs,
                    formNanos(batch) - before);
        }

        private long formNanos(ScheduledBatch batch) {
            return sequences(batch)
                    .filter(each -> batch.sequence(each).scheduling.form() != null)
                    .mapToLong(each -> batch.sequence(each).scheduling.form().nanos())
                    .sum();
        }

        private static IntStream sequences(ScheduledBatch batch) {
            return IntStream.range(0, batch.size());
        }
    }

    /** One token for each byte. */
    private record ByteTokenizer() implements Tokenizer {
        @Override
        public int[] encode(String text, boolean addSpecialTokens) {
            return text.chars().toArray();
        }

        @Override
        public String decode(int[] ids, int from, int to) {
            byte[] bytes = new byte[to - from];
            for (int i = from; i < to; i++) {
                bytes[i - from] = (byte) ids[i];
            }
            return new String(bytes, StandardCharsets.UTF_8);
        }

        @Override
        public int vocabSize() {
            return MODEL.vocabSize();
        }

        @Override
        public byte[][] tokenBytes() {
            byte[][] bytes = new byte[256][1];
            Arrays.setAll(bytes, value -> new byte[] {(byte) value});
            return bytes;
        }

        @Override
        public void close() {}
    }
}
