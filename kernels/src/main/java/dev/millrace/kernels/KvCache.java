package dev.millrace.kernels;

import java.util.ArrayList;
import java.util.List;

/**
 * Device memory of all keys and values, in blocks of {@code B} tokens; a slot is {@code block · B + position in block}.
 *
 * <p>A block holds one head after another; the order of elements inside a head is the backend's own. Every layer has a buffer of
 * its own.
 *
 * @param shape sizes
 * @param keys one buffer for each layer
 * @param values one buffer for each layer
 * @param keyScales F32 [1, Hkv] for each layer: a stored key times its head's scale is the key; empty for 1
 * @param valueScales as {@code keyScales}
 */
public record KvCache(
        KvShape shape,
        List<Buffer> keys,
        List<Buffer> values,
        List<Tensor> keyScales,
        List<Tensor> valueScales) {

    public KvCache {
        keys = List.copyOf(keys);
        values = List.copyOf(values);
        keyScales = List.copyOf(keyScales);
        valueScales = List.copyOf(valueScales);
    }

    /** Keys and values are stored as they are. */
    public KvCache(KvShape shape, List<Buffer> keys, List<Buffer> values) {
        this(shape, keys, values, List.of(), List.of());
    }

    /** The same memory with scales, which go to the device. */
    KvCache with(Kernels kernels, KvScales scales) {
        return new KvCache(
                shape,
                keys,
                values,
                tensors(kernels, scales.keys()),
                tensors(kernels, scales.values()));
    }

    private List<Tensor> tensors(Kernels kernels, List<float[]> layers) {
        List<Tensor> tensors = new ArrayList<>();
        for (float[] layer : layers) {
            float[] row = KvScales.perHead(layer, shape.numKvHeads());
            Tensor tensor = kernels.allocate(DType.F32, 1, row.length, "kv");
            kernels.copyIn(row, row.length, tensor);
            tensors.add(tensor);
        }
        return tensors;
    }

    /** Scales of a layer's keys, or null for 1. */
    public Tensor keyScales(int layer) {
        return keyScales.isEmpty() ? null : keyScales.get(layer);
    }

    /** Scales of a layer's values, or null for 1. */
    public Tensor valueScales(int layer) {
        return valueScales.isEmpty() ? null : valueScales.get(layer);
    }
}
