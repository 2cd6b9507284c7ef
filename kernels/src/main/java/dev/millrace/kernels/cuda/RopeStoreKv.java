package dev.millrace.kernels.cuda;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.KvCache;
import dev.millrace.kernels.KvShape;
import dev.millrace.kernels.PackedBatch;
import dev.millrace.kernels.Rope;
import dev.millrace.kernels.Tensor;

/**
 * Rotates queries and keys and stores keys and values; {@code rope_store_kv.cu}. Inside a block keys and values lie as [Hkv, B, D].
 *
 * <p>Thread-safety: one call at a time.
 */
public final class RopeStoreKv {
    private static final int BLOCK = 256;

    private final CudaOps ops;
    private final EntryPoint plain;
    private final EntryPoint e4m3;

    public RopeStoreKv(CudaOps ops) {
        this.ops = ops;
        boolean bf16 = ops.activationType() == DType.BF16;
        plain = bf16 ? EntryPoint.ROPE_STORE_KV_BF16 : EntryPoint.ROPE_STORE_KV_F16;
        e4m3 = bf16 ? EntryPoint.ROPE_STORE_KV_BF16_E4M3 : EntryPoint.ROPE_STORE_KV_F16_E4M3;
    }

    /** Runs over all tokens of the batch. */
    public void run(
            Tensor q, Tensor k, Tensor v, Rope rope, PackedBatch batch, KvCache cache, int layer) {
        KvShape shape = cache.shape();
        boolean quantized = cache.keys().get(layer).dtype() == DType.F8_E4M3;
        ops.launcher()
                .begin(quantized ? e4m3 : plain)
                .tensor(q)
                .tensor(k)
                .tensor(v)
                .tensor(rope == null ? null : rope.cos())
                .tensor(rope == null ? null : rope.sin())
                .tensor(batch.positions())
                .tensor(batch.slotMapping())
                .address(DeviceAddress.of(cache.keys().get(layer)))
                .address(DeviceAddress.of(cache.values().get(layer)))
                .tensor(cache.keyScales(layer))
                .tensor(cache.valueScales(layer))
                .int32(q.rowStride())
                .int32(k.rowStride())
                .int32(v.rowStride())
                .int32(rope == null ? 0 : rope.cos().rowStride())
                .int32(rope == null ? 0 : rope.sin().rowStride())
                .int32(q.columns() / shape.headDim())
                .int32(shape.numKvHeads())
                .int32(shape.headDim())
                .int32(shape.blockSize())
                .int32(rope == null ? 0 : rope.rotaryDim() / 2)
                .int32(rope != null && rope.interleaved() ? 1 : 0)
                .run(batch.numTokens(), BLOCK);
    }
}
