package dev.millrace.kernels;

import java.util.Arrays;

/** Reads and fills the memory of a {@link KvCache}, in the layout of either backend. */
final class TestingCache {
    private final Kernels kernels;
    private final KvShape shape;

    TestingCache(Kernels kernels, KvCache cache) {
        this.kernels = kernels;
        shape = cache.shape();
    }

    private static Tensor all(Buffer buffer) {
        int length = Math.toIntExact(buffer.length());
        return new Tensor(buffer.dtype(), 1, length, length, buffer, 0);
    }

    void fill(Buffer buffer, float value) {
        float[] values = new float[Math.toIntExact(buffer.length())];
        Arrays.fill(values, value);
        write(buffer, values);
    }

    void write(Buffer buffer, float[] values) {
        kernels.copyIn(values, values.length, all(buffer));
    }

    float[] read(Buffer buffer) {
        float[] values = new float[Math.toIntExact(buffer.length())];
        kernels.copyOut(all(buffer), values.length, values);
        return values;
    }

    /**
     * The keys of all heads in a slot, from what {@link #read} gave: [N, Hkv, B, D] on CUDA, [N, Hkv, D, B] on the CPU, and [N, Hkv,
     * D / 2, B, 2] there in bfloat16.
     */
    float[] key(float[] keys, int slot) {
        if (kernels instanceof CudaKernels) {
            return value(keys, slot);
        }
        float[] row = new float[shape.numKvHeads() * shape.headDim()];
        int block = slot / shape.blockSize();
        int pair = kernels.kvType() == DType.BF16 ? 2 : 1;
        for (int i = 0; i < row.length; i++) {
            int at = (block * row.length + i / pair * pair) * shape.blockSize();
            row[i] = keys[at + slot % shape.blockSize() * pair + i % pair];
        }
        return row;
    }

    /** The values of all heads in a slot: [N, Hkv, B, D]. */
    float[] value(float[] values, int slot) {
        int headDim = shape.headDim();
        float[] row = new float[shape.numKvHeads() * headDim];
        int block = slot / shape.blockSize();
        for (int head = 0; head < shape.numKvHeads(); head++) {
            int at = (block * shape.numKvHeads() + head) * shape.blockSize();
            at = (at + slot % shape.blockSize()) * headDim;
            System.arraycopy(values, at, row, head * headDim, headDim);
        }
        return row;
    }
}
