package dev.millrace.kernels.cpu;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.HostBuffer;
import dev.millrace.kernels.KvCache;
import dev.millrace.kernels.KvShape;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * One layer's keys and values in Java arrays, floats or bytes. Set anew by each call, so that a call allocates nothing.
 *
 * <p>Inside a block keys lie as [Hkv, D, B], so that scores run over the tokens of a block lane by lane, and values as
 * [Hkv, B, D]. Bytes of a head are followed by [B] scales in float32, one for each token.
 *
 * <p>Thread-safety: set by the owner; then workers may read, and write different slots.
 */
final class LayerCache {
    private static final VarHandle SCALES =
            MethodHandles.byteArrayViewVarHandle(float[].class, ByteOrder.LITTLE_ENDIAN);

    /** Numbers this small count as 0, as what they are divided by would be infinite. */
    private static final float LEAST = 0x1p-100f;

    private KvShape shape;
    private int headElements;
    private float[] keys;
    private float[] values;
    private byte[] keyBytes;
    private byte[] valueBytes;

    void set(KvCache cache, int layer) {
        shape = cache.shape();
        HostBuffer newKeys = (HostBuffer) cache.keys().get(layer);
        HostBuffer newValues = (HostBuffer) cache.values().get(layer);
        boolean bytes = newKeys.dtype() == DType.INT8;
        keys = bytes ? null : newKeys.floats();
        values = bytes ? null : newValues.floats();
        keyBytes = bytes ? newKeys.bytes() : null;
        valueBytes = bytes ? newValues.bytes() : null;
        headElements = shape.storedElements(newKeys.dtype()) / shape.numKvHeads();
    }

    /** Where a head of a block begins. */
    private int begin(int block, int head) {
        return (block * shape.numKvHeads() + head) * headElements;
    }

    /** Stores the key and the value of one head in a slot. */
    void store(int slot, int head, float[] key, int keyFrom, float[] value, int valueFrom) {
        int blockSize = shape.blockSize();
        int headDim = shape.headDim();
        int begin = begin(slot / blockSize, head);
        int inBlock = slot % blockSize;
        int valueTo = begin + inBlock * headDim;
        if (keys != null) {
            for (int d = 0; d < headDim; d++) {
                keys[begin + inBlock + d * blockSize] = key[keyFrom + d];
            }
            System.arraycopy(value, valueFrom, values, valueTo, headDim);
            return;
        }
        int scale = begin + blockSize * headDim + inBlock * Float.BYTES;
        SCALES.set(
                keyBytes,
                scale,
                round(key, keyFrom, keyBytes, begin + inBlock, blockSize, headDim));
        SCALES.set(valueBytes, scale, round(value, valueFrom, valueBytes, valueTo, 1, headDim));
    }

    /** Rounds {@code count} numbers to bytes; returns their scale, NaN if one is infinite or not a number. */
    private static float round(float[] in, int from, byte[] out, int to, int step, int count) {
        float largest = ActivationRounding.largest(in, from, count);
        boolean finite = Float.isFinite(largest);
        float factor = finite && largest > LEAST ? ActivationRounding.MAX_INT8 / largest : 0;
        for (int i = 0; i < count; i++) {
            out[to + i * step] = finite ? (byte) Math.rint(in[from + i] * factor) : 0;
        }
        return finite ? largest / ActivationRounding.MAX_INT8 : Float.NaN;
    }

    /**
     * Brings a block's keys and values of one head into a tile: keys to the columns from {@code column} on of a tile of {@code
     * columns}, values to its rows from {@code column} on.
     */
    void load(
            Lanes lanes,
            int block,
            int head,
            float[] tileKeys,
            int column,
            int columns,
            float[] tileValues) {
        int blockSize = shape.blockSize();
        int headDim = shape.headDim();
        int from = begin(block, head);
        if (keys != null) {
            lanes.copy(headDim, blockSize, keys, from, blockSize, tileKeys, column, columns);
            System.arraycopy(values, from, tileValues, column * headDim, blockSize * headDim);
            return;
        }
        int scales = from + blockSize * headDim;
        for (int token = 0; token < blockSize; token++) {
            float keyScale = (float) SCALES.get(keyBytes, scales + token * Float.BYTES);
            float valueScale = (float) SCALES.get(valueBytes, scales + token * Float.BYTES);
            int valueFrom = from + token * headDim;
            int valueTo = (column + token) * headDim;
            for (int d = 0; d < headDim; d++) {
                tileKeys[column + token + d * columns] =
                        keyBytes[from + token + d * blockSize] * keyScale;
                tileValues[valueTo + d] = valueBytes[valueFrom + d] * valueScale;
            }
        }
    }

    /** Copies block {@code source} to block {@code target}. */
    void copy(int source, int target) {
        int length = headElements * shape.numKvHeads();
        copy(keys == null ? keyBytes : keys, source * length, target * length, length);
        copy(values == null ? valueBytes : values, source * length, target * length, length);
    }

    private static void copy(Object memory, int from, int to, int length) {
        System.arraycopy(memory, from, memory, to, length);
    }
}
