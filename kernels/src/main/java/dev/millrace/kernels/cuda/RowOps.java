package dev.millrace.kernels.cuda;

import dev.millrace.kernels.Activation;
import dev.millrace.kernels.Buffer;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.DeviceBuffer;
import dev.millrace.kernels.KvCache;
import dev.millrace.kernels.KvShape;
import dev.millrace.kernels.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Operations that only move data or change it elementwise; {@code row_ops.cu}.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class RowOps {
    private static final int COPY_BLOCK = 128;
    private static final int BLOCK = 256;

    /** Elements of a block of elementwise operations: 4 a thread. */
    private static final int BLOCK_ELEMENTS = 4 * BLOCK;

    private final CudaOps ops;

    /** The cache whose addresses are on the device, keys and values of all layers. */
    private KvCache cache;

    private DeviceBuffer memories;

    public RowOps(CudaOps ops) {
        this.ops = ops;
    }

    /** {@code out[r, :] = in[rowIndexes[r], :]}; rows whose index is negative stay as they are. */
    public void gatherRows(Tensor out, Tensor in, Tensor rowIndexes, int rows) {
        ops.launcher()
                .begin(EntryPoint.GATHER_ROWS)
                .tensor(out)
                .tensor(in)
                .tensor(rowIndexes)
                .int32(in.columns())
                .int32(in.rows())
                .int32(out.rowStride())
                .int32(in.rowStride())
                .run(rows, COPY_BLOCK);
    }

    /** {@code logits = cap · tanh(logits / cap)}. */
    public void softCap(Tensor logits, float cap, int rows) {
        ops.launcher()
                .begin(EntryPoint.SOFT_CAP)
                .tensor(logits)
                .int32(logits.columns())
                .int32(logits.rowStride())
                .float32(cap)
                .run(blocks(logits), rows, 1, BLOCK, 0);
    }

    /** {@code residual += delta} unless that is null, {@code out = residual} unless that is null. */
    public void add(Tensor out, Tensor residual, Tensor delta, int rows) {
        boolean bf16 = ops.activationType() == DType.BF16;
        ops.launcher()
                .begin(bf16 ? EntryPoint.ADD_ROWS_BF16 : EntryPoint.ADD_ROWS_F16)
                .tensor(out)
                .tensor(residual)
                .tensor(delta)
                .int32(residual.columns())
                .int32(out == null ? 0 : out.rowStride())
                .int32(residual.rowStride())
                .int32(delta == null ? 0 : delta.rowStride())
                .run(blocks(residual), rows, 1, BLOCK, 0);
    }

    /** {@code x = activation(x)}. */
    public void activate(Tensor x, Activation activation, int rows) {
        boolean bf16 = ops.activationType() == DType.BF16;
        ops.launcher()
                .begin(bf16 ? EntryPoint.ACTIVATE_BF16 : EntryPoint.ACTIVATE_F16)
                .tensor(x)
                .int32(x.columns())
                .int32(x.rowStride())
                .int32(GatedLinear.code(activation))
                .run(blocks(x), rows, 1, BLOCK, 0);
    }

    /** Blocks along a row. */
    private static int blocks(Tensor rows) {
        return (rows.columns() + BLOCK_ELEMENTS - 1) / BLOCK_ELEMENTS;
    }

    /** Copies blocks {@code (source, target)} in all layers; no target may be a source. */
    public void copyBlocks(KvCache newCache, Tensor pairs, int numPairs) {
        if (newCache != cache) {
            upload(newCache);
        }
        KvShape shape = cache.shape();
        int elementBytes = cache.keys().get(0).dtype().sizeBytes();
        ops.launcher()
                .begin(EntryPoint.COPY_BLOCKS)
                .address(memories.address())
                .tensor(pairs)
                .int32(shape.numBlocks())
                .int32(shape.blockElements() * elementBytes)
                .run(numPairs, 2 * shape.numLayers(), 1, BLOCK, 0);
    }

    private void upload(KvCache newCache) {
        int layers = newCache.shape().numLayers();
        if (memories != null) {
            ops.memory().buffers().release(memories, KvCache.PURPOSE);
        }
        memories = ops.memory().allocate(DType.INT64, 2L * layers, KvCache.PURPOSE);
        ByteBuffer addresses =
                ByteBuffer.allocateDirect(2 * layers * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (List<Buffer> buffers : List.of(newCache.keys(), newCache.values())) {
            for (Buffer buffer : buffers) {
                addresses.putLong(DeviceAddress.of(buffer));
            }
        }
        ops.uploads().bytes(addresses.flip(), memories.address());
        cache = newCache;
    }
}
