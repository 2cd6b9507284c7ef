package dev.millrace.engine.loader;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A scheme of compressed-tensors: how the modules of a group store their weights, and what becomes of their activations. */
sealed interface CompressedScheme permits CompressedIntegers, CompressedBytes {
    /** Keys of weights and activations alike. */
    Set<String> KEYS =
            Set.of(
                    "actorder",
                    "block_structure",
                    "dynamic",
                    "group_size",
                    "num_bits",
                    "observer",
                    "observer_kwargs",
                    "scale_dtype",
                    "strategy",
                    "symmetric",
                    "type",
                    "zp_dtype");

    /** As {@link QuantizationFormat#tensors}. */
    List<TensorSpec> tensors(TensorStore store, String module, int n, int k);

    /** As {@link QuantizationFormat#matrix}. */
    MatrixSource matrix(TensorStore store, String module, int n, int k);

    /** {@code outer} is the format of the whole checkpoint, where {@code json}, a group, names none. */
    static CompressedScheme read(
            ConfigJson json, QuantizationOptions options, Optional<String> outer) {
        ConfigJson weights =
                json.child("weights")
                        .orElseThrow(() -> options.refuse("weights", "nothing", "a scheme"));
        QuantizationOptions weightOptions = new QuantizationOptions(weights).checkKeys(KEYS);
        weightOptions.require("dynamic", false);
        Optional<ConfigJson> activations = json.child("input_activations");
        activations.ifPresent(each -> new QuantizationOptions(each).checkKeys(KEYS));
        String format = json.text("format").or(() -> outer).orElse("");
        return switch (format) {
            case "pack-quantized" -> CompressedIntegers.read(weights, weightOptions, activations);
            case "int-quantized", "float-quantized", "naive-quantized" ->
                    CompressedBytes.read(weights, weightOptions, activations);
            default ->
                    throw options.refuse(
                            "format",
                            format.isEmpty() ? "nothing" : Problems.quote(format),
                            "pack-quantized, int-quantized or float-quantized");
        };
    }
}
