package dev.millrace.engine.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.QuantizedGolden;
import dev.millrace.engine.TestingDevices;
import dev.millrace.engine.loader.Checkpoint;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.KernelsConfig;
import dev.millrace.kernels.KernelsConfig.ActivationQuantization;
import dev.millrace.kernels.KernelsConfig.ComputePrecision;
import dev.millrace.kernels.WeightFormat;
import dev.millrace.kernels.x86.Family;
import dev.millrace.kernels.x86.FamilyChoice;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Logits, greedy tokens and log-likelihood of quantised checkpoints against transformers on their dequantised weights. */
class QuantizedGoldenTest {
    /** Tokens that follow a prompt by argmax. */
    private static final int NUM_GREEDY = 24;

    @ParameterizedTest
    @MethodSource("dev.millrace.engine.QuantizedGolden#all")
    void answersInFloat32AreTheReferences(QuantizedGolden golden) {
        try (Kernels kernels = cpu(ActivationQuantization.OFF)) {
            assertAgrees(golden, kernels);
        }
        forNatives(golden, ComputePrecision.FLOAT32, ActivationQuantization.OFF)
                .run(kernels -> assertAgrees(golden, kernels));
    }

    private static void assertAgrees(QuantizedGolden golden, Kernels kernels) {
        try (Checkpoint checkpoint = Checkpoint.open(golden.folder())) {
            DecoderRun run = new DecoderRun(checkpoint, kernels);
            for (int i = 0; i < golden.numPrompts(); i++) {
                float[][] logits = run.logits(golden.prompt(i).toArray(), 0);
                float[] last = logits[logits.length - 1];
                assertThat(last)
                        .as("%s, prompt %d, %s", golden, i, kernels.description())
                        .usingComparatorWithPrecision(2e-4f)
                        .containsExactly(golden.logits("", i));
                assertThat(Math.abs(nll(logits, golden, i) - golden.nll("", i))).isLessThan(1e-3);
                assertSameGreedyTokens(run, last, golden, i);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("dev.millrace.engine.QuantizedGolden#all")
    void answersInBfloat16AreAsCloseAsItsArithmeticCanBe(QuantizedGolden golden) {
        forNatives(golden, ComputePrecision.BFLOAT16, ActivationQuantization.OFF)
                .run(kernels -> assertNoiseOf16Bits(golden, kernels));
    }

    /** What runs on every instruction family, if the model is one for native kernels. */
    private record Natives(
            ComputePrecision precision, ActivationQuantization quantization, boolean fit) {
        void run(Consumer<Kernels> check) {
            for (Family family : fit ? Family.available() : List.<Family>of()) {
                if (precision == ComputePrecision.BFLOAT16 && !family.hasBfloat16()) {
                    continue;
                }
                System.setProperty(FamilyChoice.PROPERTY, family.text());
                try (Kernels kernels =
                        Kernels.create(
                                new KernelsConfig("cpu", 2, precision, DType.BF16, quantization))) {
                    check.accept(kernels);
                } finally {
                    System.clearProperty(FamilyChoice.PROPERTY);
                }
            }
        }
    }

    private static Natives forNatives(
            QuantizedGolden golden,
            ComputePrecision precision,
            ActivationQuantization quantization) {
        try (Checkpoint checkpoint = Checkpoint.open(golden.folder())) {
            boolean fit = PortableModels.reason(checkpoint, quantization).isEmpty();
            return new Natives(precision, quantization, fit);
        }
    }

    /** Equal as long as the reference's own choice is not a tie. */
    private static void assertSameGreedyTokens(
            DecoderRun run, float[] last, QuantizedGolden golden, int prompt) {
        int[] expected = golden.greedy(prompt);
        float[] margins = golden.margins(prompt);
        int position = golden.prompt(prompt).size();
        float[] logits = last;
        for (int i = 0; i < NUM_GREEDY && margins[i] > 1e-3f; i++) {
            assertThat(argmax(logits)).as("%s, prompt %d", golden, prompt).isEqualTo(expected[i]);
            logits = run.logits(new int[] {expected[i]}, position + i)[0];
        }
    }

    /**
     * A value near a rounding boundary may fall on either side, and one that does changes what comes after: one token is held tightly,
     * longer prompts to a part of what quantising activations changes.
     */
    @ParameterizedTest
    @MethodSource("dev.millrace.engine.QuantizedGolden#ofActivations")
    void quantisedActivationsGiveTheReferencesAnswers(QuantizedGolden golden) {
        try (Kernels kernels = cpu(ActivationQuantization.CHECKPOINT)) {
            assertAgreesWithQuantised(golden, kernels, 1e-3, 0.35, 0.01);
        }
        forNatives(golden, ComputePrecision.FLOAT32, ActivationQuantization.CHECKPOINT)
                .run(kernels -> assertAgreesWithQuantised(golden, kernels, 1e-3, 0.35, 0.01));
    }

    @ParameterizedTest
    @MethodSource("dev.millrace.engine.QuantizedGolden#all")
    void answersOnTheGpuAreAsCloseAsItsArithmeticCanBe(QuantizedGolden golden) {
        TestingDevices.assumeEmulator();
        try (Checkpoint checkpoint = Checkpoint.open(golden.folder());
                Kernels kernels = gpu(checkpoint, ActivationQuantization.OFF)) {
            assertNoiseOf16Bits(golden, kernels);
        }
    }

    private static void assertNoiseOf16Bits(QuantizedGolden golden, Kernels kernels) {
        try (Checkpoint checkpoint = Checkpoint.open(golden.folder())) {
            DecoderRun run = new DecoderRun(checkpoint, kernels);
            for (int i = 0; i < golden.numPrompts(); i++) {
                float[][] logits = run.logits(golden.prompt(i).toArray(), 0);
                float[] last = logits[logits.length - 1];
                assertThat(relativeL2(last, golden.logits("", i)))
                        .as("%s, prompt %d", golden, i)
                        .isLessThan(0.06);
                double nll = golden.nll("", i);
                assertThat(Math.abs(nll(logits, golden, i) - nll)).isLessThan(0.01 * nll + 1e-6);
            }
        }
    }

    /** Rounding to 16 bits flips as many codes as there are near a boundary, which moves the answers as far as quantising them does. */
    @ParameterizedTest
    @MethodSource("dev.millrace.engine.QuantizedGolden#ofActivations")
    void quantisedActivationsOnTheGpuAreAsCloseAsItsArithmeticCanBe(QuantizedGolden golden) {
        TestingDevices.assumeEmulator();
        try (Checkpoint checkpoint = Checkpoint.open(golden.folder());
                Kernels kernels = gpu(checkpoint, ActivationQuantization.CHECKPOINT)) {
            assertAgreesWithQuantised(golden, kernels, 0.1, 1.5, 0.02);
        }
    }

    private static void assertAgreesWithQuantised(
            QuantizedGolden golden, Kernels kernels, double oneToken, double share, double ofNll) {
        String suffix = golden.quantized();
        double mine = 0;
        double whole = 0;
        try (Checkpoint checkpoint = Checkpoint.open(golden.folder())) {
            DecoderRun run = new DecoderRun(checkpoint, kernels);
            for (int i = 0; i < golden.numPrompts(); i++) {
                float[][] logits = run.logits(golden.prompt(i).toArray(), 0);
                float[] last = logits[logits.length - 1];
                float[] expected = golden.logits(suffix, i);
                if (golden.prompt(i).size() == 1) {
                    assertThat(relativeL2(last, expected)).as("%s", golden).isLessThan(oneToken);
                }
                mine += meanDistance(last, expected);
                whole += meanDistance(expected, golden.logits("", i));
                double nll = golden.nll(suffix, i);
                assertThat(Math.abs(nll(logits, golden, i) - nll)).isLessThan(ofNll * nll + 1e-6);
            }
        }
        assertThat(mine / whole).as("%s", golden).isLessThan(share);
    }

    private static Kernels cpu(ActivationQuantization quantization) {
        return Kernels.create(
                new KernelsConfig("cpu", 2, ComputePrecision.FLOAT32, DType.BF16, quantization)
                        .withPortable("the checkpoint is quantised"));
    }

    private static Kernels gpu(Checkpoint checkpoint, ActivationQuantization quantization) {
        boolean half = checkpoint.matrix("model.embed_tokens.weight").format() == WeightFormat.F16;
        DType type = half ? DType.F16 : DType.BF16;
        return Kernels.create(
                new KernelsConfig("cuda:0", 1, ComputePrecision.FLOAT32, type, quantization));
    }

    private static double nll(float[][] logits, QuantizedGolden golden, int prompt) {
        int[] ids = golden.prompt(prompt).toArray();
        double nll = 0;
        for (int i = 0; i + 1 < ids.length; i++) {
            double sum = 0;
            for (float logit : logits[i]) {
                sum += Math.exp(logit);
            }
            nll += Math.log(sum) - logits[i][ids[i + 1]];
        }
        return nll;
    }

    private static int argmax(float[] logits) {
        int best = 0;
        for (int i = 0; i < logits.length; i++) {
            best = logits[i] > logits[best] ? i : best;
        }
        return best;
    }

    private static double relativeL2(float[] actual, float[] expected) {
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < actual.length; i++) {
            difference += Math.pow(actual[i] - expected[i], 2);
            norm += Math.pow(expected[i], 2);
        }
        return Math.sqrt(difference / norm);
    }

    private static double meanDistance(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += Math.abs(a[i] - b[i]);
        }
        return sum / a.length;
    }
}
