package dev.millrace.kernels.cuda;

import dev.millrace.kernels.AttentionParams;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.KvCache;
import dev.millrace.kernels.KvShape;
import dev.millrace.kernels.PackedBatch;
import dev.millrace.kernels.Tensor;

/**
 * Causal attention over paged keys and values; {@code attention.cu}, with the work lists of {@code attention_plan.cu}.
 *
 * <p>Sequences with few rows and sequences with many have kernels of their own, with the same arithmetic; both are launched, and the
 * lists on the device say which sequence is whose. The lists are made once a step: when the layer is not after the last one.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class PagedAttention {
    private static final int BLOCK = 128;
    private static final int PLAN_BLOCK = 256;

    private final CudaOps ops;
    private final AttentionEntries plain;
    private final AttentionEntries quantized;
    private final AttentionWorkspace workspace;
    private PackedBatch plannedBatch;
    private KvShape plannedShape;
    private AttentionSizes sizes;
    private int lastLayer;

    public PagedAttention(CudaOps ops) {
        this.ops = ops;
        plain = new AttentionEntries(ops.activationType(), ops.activationType());
        quantized = new AttentionEntries(ops.activationType(), DType.F8_E4M3);
        workspace = new AttentionWorkspace(ops.memory());
    }

    /** Refuses heads for which there is no kernel. */
    public void checkHeads(int headDim, DType kvType) {
        int unused = (kvType == DType.F8_E4M3 ? quantized : plain).dim(headDim);
    }

    /** Whether a cache of E4M3 may have heads of {@code headDim}. */
    public boolean readsE4m3(int headDim) {
        return quantized.has(headDim);
    }

    /** Runs over all tokens of the batch. */
    public void run(
            Tensor out,
            Tensor q,
            KvCache cache,
            int layer,
            PackedBatch batch,
            AttentionParams params) {
        AttentionEntries entries =
                cache.keys().get(layer).dtype() == DType.F8_E4M3 ? quantized : plain;
        int headDim = params.headDim();
        int prefillRows = entries.prefillRows(headDim);
        plan(cache.shape(), layer, batch, params, entries);
        begin(entries.decode(headDim), workspace.decodePlan(), out, q, cache, layer, batch, params)
                .run(
                        sizes.decodeBlocks(batch.numSeqs()),
                        1,
                        1,
                        BLOCK,
                        entries.sharedBytes(headDim, AttentionEntries.DECODE_ROWS));
        int mostRows = batch.maxQueryLen() * sizes.group();
        if (batch.maxQueryLen() > 1 && mostRows > AttentionEntries.DECODE_ROWS) {
            begin(
                            entries.prefill(headDim),
                            workspace.prefillPlan(),
                            out,
                            q,
                            cache,
                            layer,
                            batch,
                            params)
                    .run(
                            sizes.prefillBlocks(batch.numSeqs(), batch.numTokens(), prefillRows),
                            1,
                            1,
                            BLOCK,
                            entries.sharedBytes(headDim, prefillRows));
        }
    }

    private void plan(
            KvShape shape,
            int layer,
            PackedBatch batch,
            AttentionParams params,
            AttentionEntries entries) {
        boolean sameBatch =
                batch == plannedBatch
                        && shape == plannedShape
                        && sizes.matches(params, entries.dim(params.headDim()));
        boolean laterLayer = layer > lastLayer;
        lastLayer = layer;
        if (!sameBatch) {
            size(shape, batch, params, entries);
        }
        if (sameBatch && laterLayer) {
            return;
        }
        ops.launcher()
                .begin(EntryPoint.ATTENTION_PLAN)
                .address(workspace.decodePlan())
                .address(workspace.prefillPlan())
                .tensor(batch.cuSeqLens())
                .tensor(batch.contextLens())
                .int32(batch.numSeqs())
                .int32(sizes.group())
                .int32(entries.prefillRows(params.headDim()))
                .int32(sizes.slots())
                .run(1, PLAN_BLOCK);
    }

    private void size(
            KvShape shape, PackedBatch batch, AttentionParams params, AttentionEntries entries) {
        int headDim = params.headDim();
        sizes =
                AttentionSizes.of(
                        batch,
                        shape,
                        params,
                        entries.prefillRows(headDim),
                        entries.dim(headDim),
                        ops.device().numMultiprocessors());
        workspace.reserve(sizes);
        plannedBatch = batch;
        plannedShape = shape;
    }

    private Launcher begin(
            EntryPoint entry,
            long plan,
            Tensor out,
            Tensor q,
            KvCache cache,
            int layer,
            PackedBatch batch,
            AttentionParams params) {
        return ops.launcher()
                .begin(entry)
                .tensor(out)
                .tensor(q)
                .address(DeviceAddress.of(cache.keys().get(layer)))
                .address(DeviceAddress.of(cache.values().get(layer)))
                .tensor(batch.blockTables())
                .tensor(batch.cuSeqLens())
                .tensor(batch.contextLens())
                .tensor(cache.keyScales(layer))
                .tensor(cache.valueScales(layer))
                .address(plan)
                .address(workspace.scratch())
                .address(workspace.slots())
                .address(workspace.tickets())
                .tensor(params.sinks())
                .int32(q.rowStride())
                .int32(out.rowStride())
                .int32(params.numHeads() / params.numKvHeads())
                .int32(params.numKvHeads())
                .int32(params.headDim())
                .int32(cache.shape().blockSize())
                .int32(batch.blockTables().rowStride())
                .int32(params.slidingWindow())
                .float32(params.scale())
                .float32(params.softCap());
    }
}
