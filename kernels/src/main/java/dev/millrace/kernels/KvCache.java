package dev.millrace.kernels;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

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
    /** What its memory is accounted for as. */
    public static final String PURPOSE = "kv";

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
            Tensor tensor = kernels.allocate(DType.F32, 1, row.length, PURPOSE);
            kernels.copyIn(row, row.length, tensor);
            tensors.add(tensor);
        }
        return tensors;
    }

    /** Gives all its memory back; nobody may use it from then on. */
    public void release(Kernels kernels) {
        Stream<Buffer> stored = Stream.of(keys, values).flatMap(List::stream);
        Stream<Buffer> scales =
                Stream.of(keyScales, valueScales).flatMap(List::stream).map(Tensor::buffer);
        Stream.concat(stored, scales).forEach(buffer -> kernels.buffers().release(buffer, PURPOSE));
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
