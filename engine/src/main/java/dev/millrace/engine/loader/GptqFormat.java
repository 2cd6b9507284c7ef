package dev.millrace.engine.loader;

import dev.millrace.kernels.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * GPTQ (Frantar et al., arXiv 2210.17323), as AutoGPTQ and GPTQModel write it.
 *
 * <p>{@code qweight} INT32 [k · bits / 32, n] packs integers along k, {@code qzeros} [groups, n · bits / 32] zero points along n;
 * {@code scales} [groups, n]; {@code g_idx} [k] the group of each input. An element is {@code (q - z) · scale}. Version 1 stores
 * zero points less 1, subtracted from whole words: a zero point of 0 has borrowed from its neighbour, so that 1 is added to all
 * of a word's fields in one wrapping addition.
 *
 * @param bits 4 or 8
 * @param groupSize inputs of a group, -1 for all
 * @param version 1 or 2
 */
record GptqFormat(int bits, int groupSize, int version) implements QuantizationFormat {
    private static final Set<String> KEYS =
            Set.of(
                    "act_group_aware",
                    "backend",
                    "batch_size",
                    "bits",
                    "block_name_to_quantize",
                    "cache_block_outputs",
                    "checkpoint_format",
                    "damp_auto_increment",
                    "damp_percent",
                    "dataset",
                    "desc_act",
                    "exllama_config",
                    "format",
                    "group_size",
                    "is_marlin_format",
                    "lm_head",
                    "meta",
                    "method",
                    "model_file_base_name",
                    "model_name_or_path",
                    "model_seqlen",
                    "module_name_preceding_first_block",
                    "modules_in_block_to_quantize",
                    "mse",
                    "pack_dtype",
                    "pad_token_id",
                    "quant_method",
                    "quantizer",
                    "static_groups",
                    "sym",
                    "tokenizer",
                    "true_sequential",
                    "use_cuda_fp16",
                    "use_exllama",
                    "max_input_length",
                    "uri");

    static GptqFormat read(ConfigJson json) {
        QuantizationOptions options = new QuantizationOptions(json).checkKeys(KEYS);
        options.off("is_marlin_format");
        options.oneOf("pack_dtype", "int32");
        String format =
                options.oneOf(
                        json.has("checkpoint_format") ? "checkpoint_format" : "format",
                        "gptq",
                        "gptq_v2");
        return new GptqFormat(
                options.intOneOf("bits", 4, 8),
                options.groupSize("group_size"),
                format.equals("gptq_v2") ? 2 : 1);
    }

    @Override
    public boolean holds(TensorStore store, String module) {
        return store.has(module + ".qweight");
    }

    @Override
    public List<TensorSpec> tensors(TensorStore store, String module, int n, int k) {
        long groups = groups(k);
        List<TensorSpec> specs = new ArrayList<>();
        specs.add(
                TensorSpec.of(
                        module + ".qweight", SafetensorsDtype.I32, PackedWords.length(k, bits), n));
        specs.add(
                TensorSpec.of(
                        module + ".qzeros",
                        SafetensorsDtype.I32,
                        groups,
                        PackedWords.length(n, bits)));
        specs.add(TensorSpec.floats(module + ".scales", groups, n));
        if (store.has(module + ".g_idx")) {
            specs.add(TensorSpec.of(module + ".g_idx", SafetensorsDtype.I32, k));
        }
        return specs;
    }

    private int groups(int k) {
        return groupSize < 0 ? 1 : (k + groupSize - 1) / groupSize;
    }

    @Override
    public MatrixSource matrix(TensorStore store, String module, int n, int k) {
        int groups = groups(k);
        int size = groupSize < 0 ? k : groupSize;
        StoredTensor scales = store.get(module + ".scales");
        float[] scale = Transposed.floats(store.numbers(scales), groups, n);
        int[] zeros = zeros(store.get(module + ".qzeros"), groups, n);
        GroupOrder order = null;
        if (store.has(module + ".g_idx")) {
            GroupOrder read = GroupOrder.read(store.get(module + ".g_idx"), groups);
            order = read.isPlain(size) ? null : read;
        }
        DType type = store.scaleType(scales);
        StoredTensor words = store.get(module + ".qweight");
        return new GroupMatrix(n, k, bits, size, type, scale, zeros, order)
                .source(
                        permutation ->
                                PackedWords.transposed(words, k, bits, permutation, place(n)));
    }

    private PackedWords.Place place(int n) {
        int perWord = 32 / bits;
        return new PackedWords.Place() {
            @Override
            public int word(int row, int i) {
                return i / perWord * n + row;
            }

            @Override
            public int index(int row, int i) {
                return i % perWord;
            }
        };
    }

    /** [n, groups]. */
    private int[] zeros(StoredTensor tensor, int groups, int n) {
        int[] words = PackedWords.read(tensor);
        int perWord = 32 / bits;
        int perGroup = (int) PackedWords.length(n, bits);
        int ones = version == 2 ? 0 : bits == 4 ? 0x11111111 : 0x01010101;
        int[] zeros = new int[n * groups];
        for (int row = 0; row < n; row++) {
            for (int group = 0; group < groups; group++) {
                int word = words[group * perGroup + row / perWord] + ones;
                zeros[row * groups + group] = PackedWords.get(word, row % perWord, bits);
            }
        }
        return zeros;
    }
}
