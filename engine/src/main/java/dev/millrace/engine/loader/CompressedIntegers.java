package dev.millrace.engine.loader;

import dev.millrace.kernels.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * {@code pack-quantized}: weights alone, integers in words. {@code weight_packed} INT32 [n, k · bits / 32] packs along k, {@code
 * weight_zero_point} [n · bits / 32, groups] along n, both with {@code 2^(bits - 1)} added; {@code weight_scale} [n, groups]. An
 * element is {@code (q - z) · scale}; symmetric weights have no zero points. {@code weight_g_idx} [k] is the group of each input.
 *
 * @param bits 4 or 8
 * @param groupSize inputs of a group, -1 for all
 * @param symmetric whether zero points are absent
 */
record CompressedIntegers(int bits, int groupSize, boolean symmetric) implements CompressedScheme {

    static CompressedIntegers read(
            ConfigJson json, QuantizationOptions options, Optional<ConfigJson> activations) {
        activations.ifPresent(
                each -> {
                    throw new QuantizationOptions(each)
                            .refuse("num_bits", each.object().toString(), "no input_activations");
                });
        options.oneOf("type", "int");
        String strategy = options.oneOf("strategy", "group", "channel");
        int bits = options.intOneOf("num_bits", 4, 8);
        int groupSize = strategy.equals("group") ? options.groupSize("group_size") : -1;
        return new CompressedIntegers(bits, groupSize, json.booleanOr("symmetric", true));
    }

    private int groups(int k) {
        return groupSize < 0 ? 1 : (k + groupSize - 1) / groupSize;
    }

    @Override
    public List<TensorSpec> tensors(TensorStore store, String module, int n, int k) {
        List<TensorSpec> specs = new ArrayList<>();
        specs.add(
                TensorSpec.of(
                        module + ".weight_packed",
                        SafetensorsDtype.I32,
                        n,
                        PackedWords.length(k, bits)));
        specs.add(TensorSpec.of(module + ".weight_shape", SafetensorsDtype.I64, 2));
        specs.add(TensorSpec.floats(module + ".weight_scale", n, groups(k)));
        if (!symmetric) {
            specs.add(
                    TensorSpec.of(
                            module + ".weight_zero_point",
                            SafetensorsDtype.I32,
                            PackedWords.length(n, bits),
                            groups(k)));
        }
        if (store.has(module + ".weight_g_idx")) {
            specs.add(TensorSpec.of(module + ".weight_g_idx", SafetensorsDtype.I32, k));
        }
        return specs;
    }

    @Override
    public MatrixSource matrix(TensorStore store, String module, int n, int k) {
        int groups = groups(k);
        int size = groupSize < 0 ? k : groupSize;
        StoredTensor scales = store.get(module + ".weight_scale");
        GroupOrder order = null;
        if (store.has(module + ".weight_g_idx")) {
            GroupOrder read = GroupOrder.read(store.get(module + ".weight_g_idx"), groups);
            order = read.isPlain(size) ? null : read;
        }
        DType type = store.scaleType(scales);
        StoredTensor packed = store.get(module + ".weight_packed");
        return new GroupMatrix(
                        n,
                        k,
                        bits,
                        size,
                        type,
                        store.numbers(scales),
                        zeros(store, module, n, groups),
                        order)
                .source(permutation -> PackedWords.alongK(packed, k, bits, permutation));
    }

    /** [n, groups]. */
    private int[] zeros(TensorStore store, String module, int n, int groups) {
        int[] zeros = new int[n * groups];
        int[] words = symmetric ? null : PackedWords.read(store.get(module + ".weight_zero_point"));
        int perWord = 32 / bits;
        for (int row = 0; row < n; row++) {
            for (int group = 0; group < groups; group++) {
                zeros[row * groups + group] =
                        words == null
                                ? 1 << (bits - 1)
                                : PackedWords.get(
                                        words[row / perWord * groups + group], row % perWord, bits);
            }
        }
        return zeros;
    }
}
