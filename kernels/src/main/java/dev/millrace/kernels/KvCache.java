package dev.millrace.kernels;

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

    /** Scales of a layer's keys, or null for 1. */
    public Tensor keyScales(int layer) {
        return keyScales.isEmpty() ? null : keyScales.get(layer);
    }

    /** Scales of a layer's values, or null for 1. */
    public Tensor valueScales(int layer) {
        return valueScales.isEmpty() ? null : valueScales.get(layer);
    }
}
