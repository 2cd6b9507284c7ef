package dev.millrace.engine.model;

import dev.millrace.engine.loader.Checkpoint;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.KvCache;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What stored keys and values are multiplied by, one number for each layer and KV head.
 *
 * @param keys of each layer, [Hkv]
 * @param values of each layer, [Hkv]
 */
public record KvScales(List<float[]> keys, List<float[]> values) {

    public KvScales {
        keys = List.copyOf(keys);
        values = List.copyOf(values);
    }

    /**
     * Those of the checkpoint, {@code model.layers.N.self_attn.k_scale} and {@code v_scale}, one number or one for each head;
     * empty unless every layer has both.
     */
    public static Optional<KvScales> of(Checkpoint checkpoint) {
        ModelConfig config = checkpoint.config();
        List<float[]> keys = new ArrayList<>();
        List<float[]> values = new ArrayList<>();
        for (int layer = 0; layer < config.numLayers(); layer++) {
            String prefix = "model.layers." + layer + ".self_attn.";
            if (!checkpoint.has(prefix + "k_scale") || !checkpoint.has(prefix + "v_scale")) {
                return Optional.empty();
            }
            keys.add(perHead(checkpoint.vector(prefix + "k_scale"), config.numKvHeads()));
            values.add(perHead(checkpoint.vector(prefix + "v_scale"), config.numKvHeads()));
        }
        return Optional.of(new KvScales(keys, values));
    }

    private static float[] perHead(float[] stored, int heads) {
        float[] scales = stored.length == 1 ? new float[heads] : stored;
        if (stored.length == 1) {
            Arrays.fill(scales, stored[0]);
        }
        return scales;
    }

    /** Puts them into a cache that nothing is stored in yet. */
    public void copyTo(Kernels kernels, KvCache cache) {
        for (int layer = 0; layer < keys.size(); layer++) {
            kernels.copyIn(keys.get(layer), keys.get(layer).length, cache.keyScales(layer));
            kernels.copyIn(values.get(layer), values.get(layer).length, cache.valueScales(layer));
        }
    }
}
