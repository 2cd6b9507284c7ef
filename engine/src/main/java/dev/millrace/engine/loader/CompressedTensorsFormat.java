package dev.millrace.engine.loader;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * compressed-tensors, which llm-compressor writes: groups of modules, each with a scheme for weights and activations, and a list of
 * modules that are left alone.
 *
 * @param groups in the file's order; a module belongs to the first that names it
 * @param ignored modules that are not quantised
 * @param quantizesKv whether keys and values have scales, {@code self_attn.k_scale} and {@code v_scale}
 */
record CompressedTensorsFormat(List<Group> groups, ModuleNames ignored, boolean quantizesKv)
        implements QuantizationFormat {
    private static final int MAX_GROUPS = 64;
    private static final Set<String> KEYS =
            Set.of(
                    "config_groups",
                    "format",
                    "global_compression_ratio",
                    "ignore",
                    "kv_cache_scheme",
                    "packed_modules_mapping",
                    "quant_method",
                    "quantization_status",
                    "sparsity_config",
                    "version");
    private static final Set<String> GROUP_KEYS =
            Set.of("format", "input_activations", "output_activations", "targets", "weights");

    /** Modules of one scheme. */
    record Group(ModuleNames targets, CompressedScheme scheme) {}

    CompressedTensorsFormat {
        groups = List.copyOf(groups);
    }

    static CompressedTensorsFormat read(ConfigJson json) {
        QuantizationOptions options = new QuantizationOptions(json);
        checkSparsity(json);
        options.checkKeys(KEYS);
        options.oneOf("quantization_status", "compressed", "frozen");
        ConfigJson all =
                json.child("config_groups")
                        .orElseThrow(() -> options.refuse("config_groups", "nothing", "a scheme"));
        List<Group> groups = new ArrayList<>();
        Iterator<String> names = all.object().fieldNames();
        while (names.hasNext() && groups.size() < MAX_GROUPS) {
            groups.add(group(all, names.next(), json.text("format")));
        }
        if (groups.isEmpty() || names.hasNext()) {
            throw options.refuse(
                    "config_groups", all.object().size() + " groups", "1 to " + MAX_GROUPS);
        }
        return new CompressedTensorsFormat(
                groups,
                ModuleNames.read(json, "ignore"),
                json.child("kv_cache_scheme").map(KvCacheScheme::check).orElse(false));
    }

    private static Group group(ConfigJson all, String name, Optional<String> format) {
        ConfigJson json =
                all.child(name)
                        .orElseThrow(
                                () ->
                                        new QuantizationOptions(all)
                                                .refuse(name, "nothing", "a scheme"));
        QuantizationOptions options = new QuantizationOptions(json).checkKeys(GROUP_KEYS);
        options.off("output_activations");
        return new Group(
                ModuleNames.read(json, "targets"), CompressedScheme.read(json, options, format));
    }

    private static void checkSparsity(ConfigJson json) {
        Optional<ConfigJson> sparsity = json.child("sparsity_config");
        if (sparsity.isPresent() && !sparsity.get().object().isEmpty()) {
            new QuantizationOptions(sparsity.get()).oneOf("format", "dense");
        }
    }

    @Override
    public Optional<String> kvScale(String attention, String which) {
        return quantizesKv ? Optional.of(attention + "." + which + "_scale") : Optional.empty();
    }

    @Override
    public boolean holds(TensorStore store, String module) {
        return store.has(module + ".weight_packed") || store.has(module + ".weight_scale");
    }

    @Override
    public List<TensorSpec> tensors(TensorStore store, String module, int n, int k) {
        return scheme(module).tensors(store, module, n, k);
    }

    @Override
    public MatrixSource matrix(TensorStore store, String module, int n, int k) {
        return scheme(module).matrix(store, module, n, k);
    }

    private CompressedScheme scheme(String module) {
        for (Group group : groups) {
            if (!ignored.contains(module) && group.targets.contains(module)) {
                return group.scheme;
            }
        }
        throw Problems.refuse(
                QuantizationError.CONTRADICTION,
                "module " + Problems.quote(module),
                "quantised tensors, and no group of quantization_config for it",
                "a group whose targets name it",
                "Check that config.json and weights belong together");
    }
}
