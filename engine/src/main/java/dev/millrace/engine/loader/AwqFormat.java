package dev.millrace.engine.loader;

import java.util.List;
import java.util.Set;

/**
 * AWQ (Lin et al., arXiv 2306.00978) in AutoAWQ's gemm layout.
 *
 * <p>{@code qweight} INT32 [k, n / 8] and {@code qzeros} [groups, n / 8] both pack along n, and the nibbles of a word hold columns 0,
 * 2, 4, 6, 1, 3, 5, 7; {@code scales} [groups, n]. An element is {@code (q - z) · scale}.
 *
 * @param groupSize inputs of a group, -1 for all
 */
record AwqFormat(int groupSize) implements QuantizationFormat {
    private static final int BITS = 4;
    private static final int PER_WORD = 8;

    /** Nibble of each column of a word. */
    private static final int[] NIBBLE = {0, 4, 1, 5, 2, 6, 3, 7};

    private static final Set<String> KEYS =
            Set.of(
                    "backend",
                    "bits",
                    "do_fuse",
                    "exllama_config",
                    "fuse_max_seq_len",
                    "group_size",
                    "modules_to_fuse",
                    "modules_to_not_convert",
                    "q_group_size",
                    "quant_method",
                    "version",
                    "w_bit",
                    "zero_point");

    static AwqFormat read(ConfigJson json) {
        QuantizationOptions options = new QuantizationOptions(json).checkKeys(KEYS);
        options.intOneOf(json.has("w_bit") ? "w_bit" : "bits", BITS);
        options.require("zero_point", true);
        if (!json.text("version").orElse("gemm").equalsIgnoreCase("gemm")) {
            throw options.refuse("version", json.text("version").orElse(""), "gemm");
        }
        return new AwqFormat(
                options.groupSize(json.has("q_group_size") ? "q_group_size" : "group_size"));
    }

    @Override
    public boolean holds(TensorStore store, String module) {
        return store.has(module + ".qweight");
    }

    @Override
    public List<TensorSpec> tensors(TensorStore store, String module, int n, int k) {
        long groups = groups(k);
        return List.of(
                TensorSpec.of(
                        module + ".qweight", SafetensorsDtype.I32, k, PackedWords.length(n, BITS)),
                TensorSpec.of(
                        module + ".qzeros",
                        SafetensorsDtype.I32,
                        groups,
                        PackedWords.length(n, BITS)),
                TensorSpec.floats(module + ".scales", groups, n));
    }

    private int groups(int k) {
        return groupSize < 0 ? 1 : (k + groupSize - 1) / groupSize;
    }

    @Override
    public MatrixSource matrix(TensorStore store, String module, int n, int k) {
        int groups = groups(k);
        StoredTensor scales = store.get(module + ".scales");
        int[] words = PackedWords.read(store.get(module + ".qzeros"));
        Columns columns = new Columns((int) PackedWords.length(n, BITS));
        int[] zeros = new int[n * groups];
        for (int row = 0; row < n; row++) {
            for (int group = 0; group < groups; group++) {
                zeros[row * groups + group] =
                        PackedWords.get(
                                words[columns.word(row, group)], columns.index(row, group), BITS);
            }
        }
        GroupMatrix matrix =
                new GroupMatrix(
                        n,
                        k,
                        BITS,
                        groupSize < 0 ? k : groupSize,
                        store.scaleType(scales),
                        Transposed.floats(store.numbers(scales), groups, n),
                        zeros,
                        null);
        StoredTensor stored = store.get(module + ".qweight");
        return matrix.source(order -> PackedWords.transposed(stored, k, BITS, order, columns));
    }

    /** Output {@code row} is a column of the file. */
    private record Columns(int wordsPerInput) implements PackedWords.Place {
        @Override
        public int word(int row, int i) {
            return i * wordsPerInput + row / PER_WORD;
        }

        @Override
        public int index(int row, int i) {
            return NIBBLE[row % PER_WORD];
        }
    }
}
