package dev.millrace.engine.loader;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.QuantizedGolden;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.KernelsConfig;
import dev.millrace.kernels.KernelsConfig.ActivationQuantization;
import dev.millrace.kernels.KernelsConfig.ComputePrecision;
import dev.millrace.kernels.Quantization;
import dev.millrace.kernels.QuantizedSource;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.Weight;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Quantised checkpoints against what their own tools make of them. */
class QuantizedCheckpointTest {
    private static final String OUTPUT = ".output";

    @ParameterizedTest
    @MethodSource("dev.millrace.engine.QuantizedGolden#all")
    void weightsAreTheToolsOwnBitForBit(QuantizedGolden golden) {
        try (Checkpoint checkpoint = Checkpoint.open(golden.folder());
                TestingTensors known = TestingTensors.open(golden.file("dequant.safetensors"));
                Kernels kernels = cpu(ActivationQuantization.OFF)) {
            assertThat(known.names()).isNotEmpty();
            for (String module : known.names()) {
                float[] expected = known.floats(module);
                MatrixSource source = checkpoint.source(module + ".weight");
                assertThat(source).isInstanceOf(MatrixSource.Quantized.class);
                assertThat(TestingTensors.floats(source.numbers())).containsExactly(expected);
                int k = source.numbers().k();
                // The product with the identity is the packed matrix, column after column.
                float[] columns = product(kernels, source.pack(kernels), identity(k), k);
                assertThat(transposed(columns, k)).containsExactly(expected);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("dev.millrace.engine.QuantizedGolden#ofActivations")
    void activationsAreRoundedAsTheSchemeSays(QuantizedGolden golden) {
        try (Checkpoint checkpoint = Checkpoint.open(golden.folder());
                TestingTensors known = TestingTensors.open(golden.file("act_unit.safetensors"));
                Kernels kernels = cpu(ActivationQuantization.CHECKPOINT)) {
            List<String> modules =
                    known.names().stream()
                            .filter(name -> name.endsWith(OUTPUT))
                            .map(name -> name.substring(0, name.length() - OUTPUT.length()))
                            .toList();
            assertThat(modules).hasSize(2);
            for (String module : modules) {
                checkUnit(checkpoint, known, kernels, module);
            }
        }
    }

    private static void checkUnit(
            Checkpoint checkpoint, TestingTensors known, Kernels kernels, String module) {
        String suffix = known.names().contains(module + ".codes.act127") ? ".act127" : "";
        float[] input = known.floats(module + ".input");
        int rows = known.shape(module + ".input").get(0).intValue();
        int k = input.length / rows;
        MatrixSource.Quantized source =
                (MatrixSource.Quantized) checkpoint.source(module + ".weight");
        Weight identity = kernels.pack(identity(source.source()));
        assertThat(product(kernels, identity, input, rows))
                .as(module)
                .containsExactly(rounded(known, module, suffix, rows, k));
        float[] expected = known.floats(module + OUTPUT + suffix);
        assertThat(product(kernels, source.pack(kernels), input, rows))
                .as(module)
                .usingComparatorWithPrecision(2e-5f)
                .containsExactly(expected);
    }

    /** Codes times their scales. */
    private static float[] rounded(
            TestingTensors known, String module, String suffix, int rows, int k) {
        float[] codes = known.codes(module + ".codes" + suffix);
        float[] scales = known.floats(module + ".scale" + suffix);
        int perRow = scales.length / rows;
        for (int i = 0; i < codes.length; i++) {
            int scale = scales.length == 1 ? 0 : i / k * perRow + (perRow == 1 ? 0 : i % k / 128);
            codes[i] *= scales[scale];
        }
        return codes;
    }

    /** A matrix of ones on the diagonal in the same scheme, so that the product is the rounded activations. */
    private static QuantizedSource identity(QuantizedSource source) {
        int k = source.k();
        Quantization quantization = source.quantization();
        byte one = quantization instanceof Quantization.Int8 ? 1 : (byte) 0x38;
        float[] ones = new float[k];
        Arrays.fill(ones, 1);
        Quantization own =
                quantization instanceof Quantization.E4m3 e4m3
                        ? new Quantization.E4m3(e4m3.grid(), ones, e4m3.inputScale())
                        : new Quantization.Int8(ones);
        return new QuantizedMatrix(
                own,
                k,
                k,
                (firstRow, numRows, target) -> {
                    for (int row = firstRow; row < firstRow + numRows; row++) {
                        for (int i = 0; i < k; i++) {
                            target.put(i == row ? one : 0);
                        }
                    }
                });
    }

    private static float[] product(Kernels kernels, Weight weight, float[] input, int rows) {
        Tensor in = kernels.allocate(DType.F32, rows, weight.k(), "test");
        Tensor out = kernels.allocate(DType.F32, rows, weight.n(), "test");
        kernels.copyIn(input, input.length, in);
        kernels.linear(out, in, weight, null, rows);
        float[] values = new float[rows * weight.n()];
        kernels.copyOut(out, values.length, values);
        return values;
    }

    private static float[] identity(int k) {
        float[] values = new float[k * k];
        for (int i = 0; i < k; i++) {
            values[i * k + i] = 1;
        }
        return values;
    }

    /** [n, k] from [k, n]. */
    private static float[] transposed(float[] columns, int k) {
        int n = columns.length / k;
        float[] rows = new float[columns.length];
        for (int row = 0; row < n; row++) {
            for (int i = 0; i < k; i++) {
                rows[row * k + i] = columns[i * n + row];
            }
        }
        return rows;
    }

    private static Kernels cpu(ActivationQuantization quantization) {
        return Kernels.create(
                new KernelsConfig("cpu", 2, ComputePrecision.FLOAT32, DType.BF16, quantization)
                        .withPortable("the checkpoint is quantised"));
    }
}
