package dev.millrace.kernels;

import java.util.Arrays;
import java.util.List;

/**
 * Scales of keys and values that are kept in E4M3: what is stored, times the scale, is the key or value.
 *
 * @param keys for each layer one number, or one for each KV head
 * @param values as {@code keys}
 */
public record KvScales(List<float[]> keys, List<float[]> values) {

    public KvScales {
        keys = List.copyOf(keys);
        values = List.copyOf(values);
    }

    /** One number for each of {@code heads} heads. */
    static float[] perHead(float[] scales, int heads) {
        if (scales.length == heads) {
            return scales;
        }
        float[] equal = new float[heads];
        Arrays.fill(equal, scales[0]);
        return equal;
    }
}
