package dev.millrace.engine.loader;

import dev.millrace.kernels.Quantization;
import dev.millrace.kernels.Quantization.ScaleGrid;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * FP8 of NVIDIA's ModelOpt: {@code weight} E4M3 [n, k] with one {@code weight_scale}, activations with one {@code input_scale}.
 *
 * @param quantizesKv whether keys and values have scales, {@code k_proj.k_scale} and {@code v_proj.v_scale}
 */
record ModelOptFormat(boolean quantizesKv) implements QuantizationFormat {
    private static final Set<String> KEYS =
            Set.of(
                    "config_groups",
                    "exclude_modules",
                    "ignore",
                    "kv_cache_quant_algo",
                    "kv_cache_scheme",
                    "producer",
                    "quant_algo",
                    "quant_method");

    /** {@code json} is config.json's, or the {@code quantization} of hf_quant_config.json. */
    static ModelOptFormat read(ConfigJson json) {
        QuantizationOptions options = new QuantizationOptions(json).checkKeys(KEYS);
        if (!json.has("quant_algo")) {
            throw options.refuse("quant_algo", "nothing", "FP8");
        }
        options.oneOf("quant_algo", "FP8");
        if (json.has("kv_cache_quant_algo")) {
            options.oneOf("kv_cache_quant_algo", "FP8");
            return new ModelOptFormat(true);
        }
        return new ModelOptFormat(
                json.child("kv_cache_scheme").map(KvCacheScheme::check).orElse(false));
    }

    @Override
    public Optional<String> kvScale(String attention, String which) {
        return quantizesKv
                ? Optional.of(attention + "." + which + "_proj." + which + "_scale")
                : Optional.empty();
    }

    @Override
    public boolean holds(TensorStore store, String module) {
        return store.has(module + ".weight_scale");
    }

    @Override
    public List<TensorSpec> tensors(TensorStore store, String module, int n, int k) {
        return List.of(
                TensorSpec.of(module + ".weight", SafetensorsDtype.F8_E4M3, n, k),
                TensorSpec.floats(module + ".weight_scale"),
                TensorSpec.floats(module + ".input_scale"));
    }

    @Override
    public MatrixSource matrix(TensorStore store, String module, int n, int k) {
        float[] scale = {store.number(module + ".weight_scale")};
        return new MatrixSource.Quantized(
                new QuantizedMatrix(
                        new Quantization.E4m3(
                                ScaleGrid.TENSOR, scale, store.number(module + ".input_scale")),
                        n,
                        k,
                        QuantizedMatrix.bytes(store.get(module + ".weight"), k)));
    }
}
