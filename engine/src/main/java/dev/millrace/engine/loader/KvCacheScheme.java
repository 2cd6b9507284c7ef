package dev.millrace.engine.loader;

import java.util.Set;

/** {@code kv_cache_scheme}: one static scale for all keys of a layer and one for its values, in E4M3. */
final class KvCacheScheme {
    private static final Set<String> KEYS =
            Set.of(
                    "dynamic",
                    "num_bits",
                    "observer",
                    "observer_kwargs",
                    "strategy",
                    "symmetric",
                    "type");

    private KvCacheScheme() {}

    /** True; anything else is refused. */
    static boolean check(ConfigJson json) {
        QuantizationOptions options = new QuantizationOptions(json).checkKeys(KEYS);
        options.intOneOf("num_bits", 8);
        options.oneOf("type", "float");
        options.oneOf("strategy", "tensor");
        options.require("dynamic", false);
        options.require("symmetric", true);
        return true;
    }
}
