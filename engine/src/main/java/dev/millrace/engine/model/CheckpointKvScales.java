package dev.millrace.engine.model;

import dev.millrace.engine.loader.Checkpoint;
import dev.millrace.kernels.KvScales;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Scales of keys and values that a checkpoint brings along. */
public final class CheckpointKvScales {

    private CheckpointKvScales() {}

    /**
     * Those of the checkpoint's scheme; else {@code model.layers.N.self_attn.k_scale} and {@code v_scale}, one number or one for
     * each head. Empty unless every layer has both.
     */
    public static Optional<KvScales> of(Checkpoint checkpoint) {
        return checkpoint.kvScales().or(() -> named(checkpoint));
    }

    private static Optional<KvScales> named(Checkpoint checkpoint) {
        List<float[]> keys = new ArrayList<>();
        List<float[]> values = new ArrayList<>();
        for (int layer = 0; layer < checkpoint.config().numLayers(); layer++) {
            String prefix = "model.layers." + layer + ".self_attn.";
            if (!checkpoint.has(prefix + "k_scale") || !checkpoint.has(prefix + "v_scale")) {
                return Optional.empty();
            }
            keys.add(checkpoint.vector(prefix + "k_scale"));
            values.add(checkpoint.vector(prefix + "v_scale"));
        }
        return Optional.of(new KvScales(keys, values));
    }
}
