package dev.millrace.kernels.synthetic;

import dev.millrace.kernels.AttentionParams;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.KvCache;
import dev.millrace.kernels.KvShape;
import dev.millrace.kernels.PackedBatch;
import dev.millrace.kernels.Tensor;
import java.util.Arrays;

/**
 * Attention of the last tokens of sequences that are all equally long; a row is a sequence. Their blocks lie scattered.
 *
 * @param part "decode", "prefill" or "chunk"
 * @param shape sizes of the heads
 * @param queries tokens of each sequence that are computed
 * @param context tokens of each sequence
 */
record AttentionCase(String part, ModelShape shape, int queries, int context)
        implements KernelCase {
    private static final int BLOCK_SIZE = 16;
    private static final long SEED = 11;
    private static final int HALF = 2;

    @Override
    public String name() {
        return "attention " + part;
    }

    @Override
    public String family() {
        return "attention";
    }

    /** Weights are rounded to 16 bits before they meet the values. */
    @Override
    public double tolerance() {
        return 2e-3;
    }

    @Override
    public long bytes(int rows) {
        long cache = 2L * context * kvColumns() * HALF;
        return rows * (cache + 2L * queries * qColumns() * HALF);
    }

    /** The pairs of query and key that see each other. */
    @Override
    public long flops(int rows) {
        long pairs = (long) queries * (context - queries) + (long) queries * (queries + 1) / 2;
        return 4L * rows * pairs * qColumns();
    }

    private int qColumns() {
        return shape.heads() * shape.headDim();
    }

    private int kvColumns() {
        return shape.kvHeads() * shape.headDim();
    }

    @Override
    public Prepared prepare(Kernels kernels, Arithmetic arithmetic, int rows, int copies) {
        DType precision = arithmetic.precision();
        int blocks = (context + BLOCK_SIZE - 1) / BLOCK_SIZE;
        KvCache cache =
                kernels.allocateKvCache(
                        new KvShape(
                                1, rows * blocks, BLOCK_SIZE, shape.kvHeads(), shape.headDim()));
        fillCache(kernels, cache, precision, rows);
        PackedBatch batch = new PackedBatch(kernels, rows * queries, rows, blocks);
        kernels.copyIn(ends(rows), rows + 1, batch.cuSeqLens());
        kernels.copyIn(constant(rows, context), rows, batch.contextLens());
        kernels.copyIn(tables(rows, blocks), rows * blocks, batch.blockTables());
        float[] values = new SeededNumbers(SEED).normal(rows * queries * qColumns(), 1, precision);
        DType type = kernels.activationType();
        Tensor q = Results.tensor(kernels, type, rows * queries, qColumns(), values);
        Tensor out = kernels.allocate(type, rows * queries, qColumns(), "synthetic");
        return prepared(kernels, cache, batch, q, out);
    }

    /** Block {@code j} of sequence {@code s} is {@code j · rows + s}. */
    private static int[] tables(int rows, int blocks) {
        int[] tables = new int[rows * blocks];
        for (int i = 0; i < tables.length; i++) {
            tables[i] = i % blocks * rows + i / blocks;
        }
        return tables;
    }

    private int[] ends(int rows) {
        int[] ends = new int[rows + 1];
        for (int s = 0; s <= rows; s++) {
            ends[s] = s * queries;
        }
        return ends;
    }

    private static int[] constant(int count, int value) {
        int[] values = new int[count];
        Arrays.fill(values, value);
        return values;
    }

    /** Sequence by sequence, keys as they are, without rotation: each its own numbers, from a window that moves. */
    private void fillCache(Kernels kernels, KvCache cache, DType precision, int rows) {
        DType type = kernels.activationType();
        int window = context + rows;
        float[] all = new SeededNumbers(SEED + 1).normal(window * kvColumns(), 1, precision);
        PackedBatch batch = new PackedBatch(kernels, context, 1, 1);
        batch.resize(context, 1, context);
        Tensor source = Results.tensor(kernels, type, window, kvColumns(), all);
        Tensor unused = kernels.allocate(type, context, qColumns(), "synthetic");
        for (int s = 0; s < rows; s++) {
            int[] slots = new int[context];
            for (int i = 0; i < context; i++) {
                slots[i] = (i / BLOCK_SIZE * rows + s) * BLOCK_SIZE + i % BLOCK_SIZE;
            }
            kernels.copyIn(slots, context, batch.slotMapping());
            Tensor keys = source.rows(s, s + context);
            Tensor values = source.rows(rows - s, rows - s + context);
            kernels.ropeAndStoreKv(unused, keys, values, null, batch, cache, 0);
        }
    }

    private Prepared prepared(
            Kernels kernels, KvCache cache, PackedBatch batch, Tensor q, Tensor out) {
        AttentionParams params =
                new AttentionParams(
                        shape.heads(),
                        shape.kvHeads(),
                        shape.headDim(),
                        (float) (1 / Math.sqrt(shape.headDim())),
                        0,
                        0);
        return new Prepared() {
            @Override
            public void run(int rows) {
                batch.resize(rows * queries, rows, queries);
                kernels.attention(out, q, cache, 0, batch, params);
            }

            @Override
            public float[] result(int rows) {
                return Results.floats(kernels, out, rows * queries);
            }
        };
    }
}
