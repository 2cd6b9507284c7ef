package dev.millrace.kernels.x86;

import dev.millrace.kernels.AttentionParams;
import dev.millrace.kernels.Buffer;
import dev.millrace.kernels.DeviceBuffer;
import dev.millrace.kernels.KernelException;
import dev.millrace.kernels.KvCache;
import dev.millrace.kernels.KvShape;
import dev.millrace.kernels.PackedBatch;
import dev.millrace.kernels.Rope;
import dev.millrace.kernels.Tensor;

/**
 * Rotary positions with the store of keys and values, and attention over them.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class Attention {
    /** Rows, tokens × heads of a group, that share the tiles of a unit, about. */
    private static final int UNIT_ROWS = 96;

    private static final int MAX_UNIT_TOKENS = 32;

    private static final int PARTS_PER_THREAD = 8;

    private final Context context;
    private final Call call;

    public Attention(Context context) {
        this.context = context;
        this.call = context.call;
    }

    /** Rotates q, and k on its way into the cache. */
    public void ropeAndStoreKv(
            Tensor q, Tensor k, Tensor v, Rope rope, PackedBatch batch, KvCache cache, int layer) {
        KvShape shape = cache.shape();
        int tokens = batch.numTokens();
        int perPart = context.rowsPerPart(tokens, q.columns() + k.columns() + v.columns());
        call.start(Operation.ROPE)
                .put(q)
                .put(k)
                .put(v)
                .putType(q)
                .put(q.columns())
                .put(shape.numKvHeads())
                .put(shape.headDim());
        if (rope == null) {
            call.put(0).put(0).put(0).put(0).put(0).put(0);
        } else {
            call.put(rope.cos().address())
                    .put(rope.sin().address())
                    .put(rope.cos().rowStride())
                    .put(rope.cos().rows())
                    .put(rope.rotaryDim())
                    .put(rope.interleaved() ? 1 : 0);
        }
        call.put(batch.positions().address())
                .put(batch.slotMapping().address())
                .put(address(cache.keys().get(layer)))
                .put(address(cache.values().get(layer)))
                .put(Call.type(cache.keys().get(layer).dtype()))
                .put(shape.blockSize())
                .put(shape.numBlocks())
                .put(tokens)
                .put(perPart)
                .run(Context.parts(tokens, perPart));
    }

    /** Causal attention of all tokens of the batch. */
    public void run(
            Tensor out,
            Tensor q,
            KvCache cache,
            int layer,
            PackedBatch batch,
            AttentionParams params) {
        KvShape shape = cache.shape();
        int group = params.numHeads() / params.numKvHeads();
        int unitTokens =
                Math.max(
                        1,
                        Math.min(
                                Math.min(MAX_UNIT_TOKENS, UNIT_ROWS / group), batch.maxQueryLen()));
        long firstUnits = context.workspace(4L * (batch.contextLens().columns() + 1));
        call.start(Operation.ATTENTION)
                .put(out)
                .put(q)
                .putType(q)
                .put(address(cache.keys().get(layer)))
                .put(address(cache.values().get(layer)))
                .put(Call.type(cache.keys().get(layer).dtype()))
                .put(params.numHeads())
                .put(params.numKvHeads())
                .put(params.headDim())
                .put(params.scale())
                .put(params.slidingWindow())
                .put(params.softCap())
                .put(shape.blockSize())
                .put(shape.numBlocks())
                .put(batch.cuSeqLens().address())
                .put(batch.contextLens().address())
                .put(batch.blockTables())
                .put(batch.numSeqs())
                .put(unitTokens)
                .put(firstUnits);
        long room = (long) batch.blockTables().columns() * shape.blockSize();
        int units = (int) plan(batch, room);
        int perPart = Math.max(units / (context.pool.numThreads() * PARTS_PER_THREAD), 1);
        call.put(perPart).run(Context.parts(units, perPart));
    }

    private long plan(PackedBatch batch, long room) {
        long units = Library.planAttention(call.address(), batch.numTokens(), room);
        if (units < 0) {
            throw new KernelException(
                    "attention: the rows of sequence "
                            + (-1 - units)
                            + " of "
                            + batch.numSeqs()
                            + " do not follow the ones before, or its context is longer than its block table of "
                            + room
                            + " tokens");
        }
        return units;
    }

    private static long address(Buffer buffer) {
        return ((DeviceBuffer) buffer).address();
    }
}
