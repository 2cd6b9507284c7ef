package dev.millrace.kernels;

import java.util.List;

/**
 * Device memory of all keys and values, in blocks of {@code B} tokens; a slot is {@code block · B + position in block}.
 *
 * <p>The order of elements inside a block is the backend's own; every layer has a buffer of its own.
 *
 * @param shape sizes
 * @param keys one buffer for each layer
 * @param values one buffer for each layer
 */
public record KvCache(KvShape shape, List<Buffer> keys, List<Buffer> values) {

    public KvCache {
        keys = List.copyOf(keys);
        values = List.copyOf(values);
    }
}
