package dev.millrace.engine.loader;

import dev.millrace.kernels.KvScales;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The quantised matrices of a checkpoint by the names that they would have as plain ones.
 *
 * <p>Thread-safety: immutable.
 */
final class QuantizedTensors {
    private static final String WEIGHT = ".weight";

    private final QuantizationFormat format;
    private final TensorStore store;
    private final Map<String, List<Long>> shapes;
    private final int numLayers;

    /** {@code shapes} are those of all tensors that the configuration calls for. */
    QuantizedTensors(
            QuantizationFormat format,
            TensorStore store,
            Map<String, List<Long>> shapes,
            int numLayers) {
        this.format = format;
        this.store = store;
        this.shapes = shapes;
        this.numLayers = numLayers;
    }

    boolean has(String name) {
        List<Long> shape = shapes.get(name);
        return name.endsWith(WEIGHT)
                && shape != null
                && shape.size() == 2
                && format.holds(store, module(name));
    }

    /** A matrix that {@link #has} is true for. */
    MatrixSource source(String name) {
        return format.matrix(store, module(name), n(name), k(name));
    }

    /** Refuses a matrix whose tensors are not as the format says, or that has a bias of which the configuration knows nothing. */
    void check(String name) {
        specs(name).forEach(store::check);
        String bias = module(name) + ".bias";
        if (store.has(bias) && !shapes.containsKey(bias)) {
            checkZero(bias);
        }
    }

    /** Some tools store a bias of zeros for every matrix. */
    private void checkZero(String bias) {
        for (float value : store.vector(bias)) {
            if (value != 0) {
                throw Problems.refuse(
                        QuantizationError.BIAS,
                        "tensor " + Problems.quote(bias),
                        "a bias that is not 0, where the configuration has none",
                        "no bias, or zeros",
                        "Use a checkpoint whose config.json belongs to its weights");
            }
        }
    }

    /** Scales of keys and values, where the checkpoint has them. */
    Optional<KvScales> kvScales() {
        if (format.kvScale("", "k").isEmpty()) {
            return Optional.empty();
        }
        List<float[]> keys = new ArrayList<>();
        List<float[]> values = new ArrayList<>();
        for (int layer = 0; layer < numLayers; layer++) {
            keys.add(new float[] {kvScale(layer, "k")});
            values.add(new float[] {kvScale(layer, "v")});
        }
        return Optional.of(new KvScales(keys, values));
    }

    private float kvScale(int layer, String which) {
        String name = kvName(layer, which).orElseThrow();
        store.check(TensorSpec.floats(name));
        float scale = store.number(name);
        if (!(scale > 0)) {
            throw Problems.refuse(
                    QuantizationError.VALUE,
                    "tensor " + Problems.quote(name),
                    "" + scale,
                    "a scale above 0",
                    Problems.FETCH_AGAIN);
        }
        return scale;
    }

    private Optional<String> kvName(int layer, String which) {
        return format.kvScale("model.layers." + layer + ".self_attn", which);
    }

    /** Names of all tensors that belong to quantised matrices. */
    Set<String> names() {
        Set<String> names = new HashSet<>();
        for (String name : shapes.keySet()) {
            if (has(name)) {
                specs(name).forEach(spec -> names.add(spec.name()));
                names.add(module(name) + ".bias");
            }
        }
        for (int layer = 0; layer < numLayers; layer++) {
            kvName(layer, "k").ifPresent(names::add);
            kvName(layer, "v").ifPresent(names::add);
        }
        return names;
    }

    /** Memory that a matrix takes on a GPU: its codes, and scales with zero points of the same size. */
    long deviceBytes(String name) {
        long bytes = 0;
        for (TensorSpec spec : specs(name)) {
            long size = store.get(spec.name()).sizeBytes();
            bytes += spec.types().equals(TensorSpec.FLOATS) ? 2 * size : size;
        }
        return bytes;
    }

    private List<TensorSpec> specs(String name) {
        return format.tensors(store, module(name), n(name), k(name));
    }

    private int n(String name) {
        return Math.toIntExact(shapes.get(name).get(0));
    }

    private int k(String name) {
        return Math.toIntExact(shapes.get(name).get(1));
    }

    private static String module(String name) {
        return name.substring(0, name.length() - WEIGHT.length());
    }
}
