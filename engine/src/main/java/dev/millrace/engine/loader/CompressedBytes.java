package dev.millrace.engine.loader;

import dev.millrace.kernels.Quantization;
import dev.millrace.kernels.Quantization.ScaleGrid;
import dev.millrace.kernels.cpu.DecodedRows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * {@code int-quantized} and {@code float-quantized}: {@code weight} of INT8 or E4M3 [n, k] times {@code weight_scale}: one, [n, 1],
 * [n, groups], or one for each block of 128 × 128.
 *
 * @param isFloat E4M3, otherwise INT8
 * @param strategy what shares a scale
 * @param groupSize inputs of a group; -1 for all
 * @param activations what becomes of the module's input
 */
record CompressedBytes(boolean isFloat, Strategy strategy, int groupSize, Activations activations)
        implements CompressedScheme {
    private static final int BLOCK = 128;

    /** What shares a scale. */
    enum Strategy {
        TENSOR,
        CHANNEL,
        GROUP,
        BLOCK
    }

    /** How activations are quantised. */
    enum Activations {
        NONE,
        /** A scale for each token, or for each 128 inputs of one where weights are in blocks. */
        DYNAMIC,
        /** {@code input_scale}. */
        STATIC
    }

    static CompressedBytes read(
            ConfigJson json, QuantizationOptions options, Optional<ConfigJson> activations) {
        options.intOneOf("num_bits", 8);
        options.require("symmetric", true);
        boolean isFloat = options.oneOf("type", "int", "float").equals("float");
        Strategy strategy =
                switch (isFloat
                        ? options.oneOf("strategy", "tensor", "channel", "block")
                        : options.oneOf("strategy", "tensor", "channel", "group")) {
                    case "tensor" -> Strategy.TENSOR;
                    case "channel" -> Strategy.CHANNEL;
                    case "group" -> Strategy.GROUP;
                    default -> Strategy.BLOCK;
                };
        if (strategy == Strategy.BLOCK) {
            List<Integer> block = json.ints("block_structure", 1, 1 << 20);
            if (!block.equals(List.of(BLOCK, BLOCK))) {
                throw options.refuse("block_structure", block.toString(), "[128, 128]");
            }
        }
        int groupSize = strategy == Strategy.GROUP ? options.groupSize("group_size") : -1;
        Activations inputs =
                activations.map(each -> inputs(each, isFloat, strategy)).orElse(Activations.NONE);
        if (inputs != Activations.NONE && strategy == Strategy.GROUP) {
            throw options.refuse("strategy", "group, with input_activations", "tensor or channel");
        }
        return new CompressedBytes(isFloat, strategy, groupSize, inputs);
    }

    private static Activations inputs(ConfigJson json, boolean isFloat, Strategy strategy) {
        QuantizationOptions options = new QuantizationOptions(json);
        options.intOneOf("num_bits", 8);
        options.oneOf("type", isFloat ? "float" : "int");
        options.require("symmetric", true);
        boolean dynamic = json.booleanOr("dynamic", false);
        if (strategy == Strategy.BLOCK) {
            options.require("dynamic", true);
            options.oneOf("strategy", "group");
            options.intOneOf("group_size", BLOCK);
            return Activations.DYNAMIC;
        }
        if (isFloat && !dynamic) {
            options.oneOf("strategy", "tensor");
            return Activations.STATIC;
        }
        options.require("dynamic", true);
        options.oneOf("strategy", "token");
        return Activations.DYNAMIC;
    }

    @Override
    public List<TensorSpec> tensors(TensorStore store, String module, int n, int k) {
        List<TensorSpec> specs = new ArrayList<>();
        SafetensorsDtype type = isFloat ? SafetensorsDtype.F8_E4M3 : SafetensorsDtype.I8;
        specs.add(TensorSpec.of(module + ".weight", type, n, k));
        String scale = module + ".weight_scale";
        specs.add(
                switch (strategy) {
                    case TENSOR -> TensorSpec.floats(scale);
                    case CHANNEL -> TensorSpec.floats(scale, n, 1);
                    case GROUP -> TensorSpec.floats(scale, n, groups(k));
                    case BLOCK ->
                            TensorSpec.floats(
                                    scale, (n + BLOCK - 1) / BLOCK, (k + BLOCK - 1) / BLOCK);
                });
        if (activations == Activations.STATIC) {
            specs.add(TensorSpec.floats(module + ".input_scale"));
        }
        return specs;
    }

    private int groups(int k) {
        return groupSize < 0 ? 1 : (k + groupSize - 1) / groupSize;
    }

    @Override
    public MatrixSource matrix(TensorStore store, String module, int n, int k) {
        StoredTensor scaleTensor = store.get(module + ".weight_scale");
        float[] scales = store.numbers(scaleTensor);
        StoredTensor weight = store.get(module + ".weight");
        if (!isFloat) {
            return integers(store, weight, scaleTensor, scales, n, k);
        }
        ScaleGrid grid =
                switch (strategy) {
                    case TENSOR -> ScaleGrid.TENSOR;
                    case CHANNEL, GROUP -> ScaleGrid.ROW;
                    case BLOCK -> ScaleGrid.BLOCK_128;
                };
        float inputScale =
                activations == Activations.STATIC ? store.number(module + ".input_scale") : 0;
        QuantizedMatrix matrix =
                new QuantizedMatrix(
                        new Quantization.E4m3(grid, scales, inputScale),
                        n,
                        k,
                        QuantizedMatrix.bytes(weight, k));
        // The products with E4M3 quantise their activations.
        return activations == Activations.NONE
                ? new MatrixSource.Plain(DecodedRows.of(matrix))
                : new MatrixSource.Quantized(matrix);
    }

    private MatrixSource integers(
            TensorStore store,
            StoredTensor weight,
            StoredTensor scaleTensor,
            float[] stored,
            int n,
            int k) {
        float[] scales = stored;
        if (strategy == Strategy.TENSOR) {
            scales = new float[n];
            Arrays.fill(scales, stored[0]);
        }
        if (activations == Activations.DYNAMIC) {
            return new MatrixSource.Quantized(
                    new QuantizedMatrix(
                            new Quantization.Int8(scales), n, k, QuantizedMatrix.bytes(weight, k)));
        }
        int[] zeros = new int[scales.length];
        Arrays.fill(zeros, 128);
        int size = groupSize < 0 ? k : groupSize;
        return new GroupMatrix(n, k, 8, size, store.scaleType(scaleTensor), scales, zeros, null)
                .source(order -> QuantizedMatrix.shifted(weight, k));
    }
}
