package dev.millrace.engine.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.Golden;
import dev.millrace.engine.Golden.GoldenPrompt;
import dev.millrace.engine.TestingDevices;
import dev.millrace.engine.TokenIds;
import dev.millrace.engine.loader.Checkpoint;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.KernelsConfig;
import dev.millrace.kernels.KvCache;
import dev.millrace.kernels.KvShape;
import dev.millrace.kernels.PackedBatch;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.WeightFormat;
import dev.millrace.kernels.x86.Family;
import dev.millrace.kernels.x86.FamilyChoice;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Logits of every checkpoint against Hugging Face transformers in float32, at the tolerances published with them. */
class DecoderGoldenTest {
    private static final int MAX_TOKENS = 96;
    private static final int BLOCK_SIZE = 16;

    /** Other arithmetic in bfloat16 may be this much worse than the reference's own in bfloat16. */
    private static final double NOISE_FACTOR = 1.5;

    @ParameterizedTest
    @MethodSource("dev.millrace.engine.Golden#all")
    void logitsAgreeWithTransformers(Golden golden) throws IOException {
        try (Kernels kernels = Kernels.create(cpu(golden))) {
            for (GoldenPrompt prompt : golden.prompts()) {
                assertClose(lastLogits(golden, kernels, kernels.kvType(), prompt), prompt);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("dev.millrace.engine.Golden#once")
    void logitsOnTheGpuAreAsCloseAsItsArithmeticCanBe(Golden golden) throws IOException {
        TestingDevices.assumeEmulator();
        try (Kernels kernels = Kernels.create(gpu(golden))) {
            assertNoiseOfBfloat16(golden, kernels, kernels.kvType());
        }
    }

    private static void assertNoiseOfBfloat16(Golden golden, Kernels kernels, DType kvType)
            throws IOException {
        double difference = 0;
        double norm = 0;
        for (GoldenPrompt prompt : golden.prompts()) {
            float[] actual = lastLogits(golden, kernels, kvType, prompt);
            difference += squaredDifference(actual, prompt);
            norm += squaredNorm(prompt);
            assertSameGreedyToken(actual, prompt);
        }
        assertThat(Math.sqrt(difference / norm))
                .as("%s relative L2 on %s", golden, kernels.description())
                .isLessThan(NOISE_FACTOR * golden.noise().relativeL2());
    }

    /** In bfloat16 on every instruction family that multiplies it. */
    @ParameterizedTest
    @MethodSource("natives")
    void logitsInBfloat16AreAsCloseAsItsArithmeticCanBe(Golden golden) throws IOException {
        for (Family family : Family.available()) {
            if (family.hasBfloat16()) {
                System.setProperty(FamilyChoice.PROPERTY, family.text());
                try (Kernels kernels = Kernels.create(bfloat16())) {
                    assertNoiseOfBfloat16(golden, kernels, kernels.kvType());
                } finally {
                    System.clearProperty(FamilyChoice.PROPERTY);
                }
            }
        }
    }

    /** In float32, on the Vector API and on every instruction family. */
    @ParameterizedTest
    @MethodSource("dev.millrace.engine.Golden#once")
    void keysAndValuesOfBytesCostNoMoreThanBfloat16(Golden golden) throws IOException {
        List<String> names = new ArrayList<>(List.of("off"));
        for (Family family : Family.available()) {
            names.add(family.text());
        }
        for (String name : names) {
            System.setProperty(FamilyChoice.PROPERTY, name);
            try (Kernels kernels = Kernels.create(cpu(golden))) {
                assertNoiseOfBfloat16(golden, kernels, DType.INT8);
            } finally {
                System.clearProperty(FamilyChoice.PROPERTY);
            }
        }
    }

    private static Stream<Golden> natives() {
        return Golden.once().filter(golden -> cpu(golden).portable().isEmpty());
    }

    private static KernelsConfig cpu(Golden golden) {
        try (Checkpoint checkpoint = Checkpoint.open(golden.model())) {
            KernelsConfig config = KernelsConfig.cpu(2);
            return PortableModels.reason(checkpoint, config.activationQuantization())
                    .map(config::withPortable)
                    .orElse(config);
        }
    }

    private static KernelsConfig bfloat16() {
        return new KernelsConfig("cpu", 2, KernelsConfig.ComputePrecision.BFLOAT16, DType.BF16);
    }

    private static KernelsConfig gpu(Golden golden) {
        try (Checkpoint checkpoint = Checkpoint.open(golden.model())) {
            WeightFormat format = checkpoint.matrix("model.embed_tokens.weight").format();
            DType type = format == WeightFormat.F16 ? DType.F16 : DType.BF16;
            return new KernelsConfig("cuda:0", 1, KernelsConfig.ComputePrecision.FLOAT32, type);
        }
    }

    /** Equal wherever the reference's margin exceeds the error that is seen. */
    private static void assertSameGreedyToken(float[] actual, GoldenPrompt prompt) {
        int best = 0;
        double error = 0;
        for (int i = 0; i < actual.length; i++) {
            best = actual[i] > actual[best] ? i : best;
            error = Math.max(error, Math.abs(actual[i] - prompt.logits().get(i)));
        }
        if (prompt.margins().get(0) > error) {
            assertThat(best).as("%s", prompt.name()).isEqualTo(prompt.greedy().get(0));
        }
    }

    private static float[] lastLogits(
            Golden golden, Kernels kernels, DType kvType, GoldenPrompt prompt) {
        try (Checkpoint checkpoint = Checkpoint.open(golden.model())) {
            ModelConfig config = checkpoint.config();
            Decoder decoder = DecoderLoader.load(checkpoint, kernels, MAX_TOKENS, MAX_TOKENS);
            KvCache cache =
                    kernels.allocateKvCache(
                            new KvShape(
                                    config.numLayers(),
                                    MAX_TOKENS / BLOCK_SIZE,
                                    BLOCK_SIZE,
                                    config.numKvHeads(),
                                    config.headDim()),
                            kvType);
            return lastLogits(kernels, decoder, cache, config, prompt.ids());
        }
    }

    private static float[] lastLogits(
            Kernels kernels, Decoder decoder, KvCache cache, ModelConfig config, TokenIds ids) {
        PackedBatch batch = new PackedBatch(kernels, MAX_TOKENS, 1, MAX_TOKENS / BLOCK_SIZE);
        int[] positions = IntStream.range(0, ids.size()).toArray();
        int numBlocks = (ids.size() + BLOCK_SIZE - 1) / BLOCK_SIZE;
        kernels.copyIn(ids.toArray(), ids.size(), batch.tokenIds());
        int longRope = config.shortRopePositions();
        int offset = ids.size() > longRope ? longRope : 0;
        int[] ropeRows = IntStream.of(positions).map(p -> offset + p).toArray();
        kernels.copyIn(ropeRows, ids.size(), batch.positions());
        kernels.copyIn(positions, ids.size(), batch.slotMapping());
        kernels.copyIn(new int[] {0, ids.size()}, 2, batch.cuSeqLens());
        kernels.copyIn(new int[] {ids.size()}, 1, batch.contextLens());
        kernels.copyIn(IntStream.range(0, numBlocks).toArray(), numBlocks, batch.blockTables());
        batch.resize(ids.size(), 1, ids.size());
        Tensor states = decoder.forward(batch, cache);
        Tensor row = kernels.allocate(DType.INT32, 1, 1, "test");
        kernels.copyIn(new int[] {ids.size() - 1}, 1, row);
        Tensor hidden = kernels.allocate(kernels.activationType(), 1, config.hiddenSize(), "test");
        kernels.gatherRows(hidden, states, row, 1);
        Tensor logits = kernels.allocate(DType.F32, 1, config.vocabSize(), "test");
        decoder.logits(logits, hidden, 1);
        float[] values = new float[config.vocabSize()];
        kernels.copyOut(logits, values.length, values);
        return values;
    }

    private static void assertClose(float[] actual, GoldenPrompt prompt) {
        for (int i = 0; i < actual.length; i++) {
            double error = actual[i] - prompt.logits().get(i);
            assertThat(Math.abs(error)).as("%s logit %d", prompt.name(), i).isLessThan(2e-4);
        }
        assertThat(Math.sqrt(squaredDifference(actual, prompt) / squaredNorm(prompt)))
                .as("%s relative L2", prompt.name())
                .isLessThan(2e-5);
    }

    private static double squaredDifference(float[] actual, GoldenPrompt prompt) {
        double sum = 0;
        for (int i = 0; i < actual.length; i++) {
            double error = actual[i] - prompt.logits().get(i);
            sum += error * error;
        }
        return sum;
    }

    private static double squaredNorm(GoldenPrompt prompt) {
        double sum = 0;
        for (float logit : prompt.logits()) {
            sum += (double) logit * logit;
        }
        return sum;
    }
}
