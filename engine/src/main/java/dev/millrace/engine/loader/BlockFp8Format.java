package dev.millrace.engine.loader;

import dev.millrace.kernels.Quantization;
import dev.millrace.kernels.Quantization.ScaleGrid;
import java.util.List;
import java.util.Set;

/**
 * Hugging Face's {@code fp8}, the layout of DeepSeek-V3 (arXiv 2412.19437): {@code weight} E4M3 [n, k], {@code weight_scale_inv}, which
 * is the factor in spite of its name, for each block of 128 × 128, edge blocks cut off. Activations get a scale for each token and
 * 128 inputs.
 */
record BlockFp8Format() implements QuantizationFormat {
    private static final int BLOCK = 128;
    private static final Set<String> KEYS =
            Set.of(
                    "activation_scheme",
                    "dequantize",
                    "fmt",
                    "modules_to_not_convert",
                    "quant_method",
                    "scale_fmt",
                    "weight_block_size");

    static BlockFp8Format read(ConfigJson json) {
        QuantizationOptions options = new QuantizationOptions(json).checkKeys(KEYS);
        options.oneOf("fmt", "e4m3");
        options.oneOf("scale_fmt", "float");
        options.oneOf("activation_scheme", "dynamic");
        List<Integer> block = json.ints("weight_block_size", 1, 1 << 20);
        if (!block.equals(List.of(BLOCK, BLOCK))) {
            throw options.refuse("weight_block_size", block.toString(), "[128, 128]");
        }
        return new BlockFp8Format();
    }

    @Override
    public boolean holds(TensorStore store, String module) {
        return store.has(module + ".weight_scale_inv");
    }

    @Override
    public List<TensorSpec> tensors(TensorStore store, String module, int n, int k) {
        return List.of(
                TensorSpec.of(module + ".weight", SafetensorsDtype.F8_E4M3, n, k),
                TensorSpec.floats(module + ".weight_scale_inv", blocks(n), blocks(k)));
    }

    private static long blocks(int size) {
        return (size + BLOCK - 1L) / BLOCK;
    }

    @Override
    public MatrixSource matrix(TensorStore store, String module, int n, int k) {
        float[] scales = store.numbers(store.get(module + ".weight_scale_inv"));
        return new MatrixSource.Quantized(
                new QuantizedMatrix(
                        new Quantization.E4m3(ScaleGrid.BLOCK_128, scales, 0),
                        n,
                        k,
                        QuantizedMatrix.bytes(store.get(module + ".weight"), k)));
    }
}
