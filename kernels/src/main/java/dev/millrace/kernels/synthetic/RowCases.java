package dev.millrace.kernels.synthetic;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.KvCache;
import dev.millrace.kernels.KvShape;
import dev.millrace.kernels.PackedBatch;
import dev.millrace.kernels.Rope;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.Weight;
import dev.millrace.kernels.synthetic.KernelCase.Prepared;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** The operations beside products, attention and sampling, at the sizes of a model. */
final class RowCases {
    private static final long SEED = 13;
    private static final float EPSILON = 1e-5f;
    private static final double EXACT = 0;
    private static final double SUMMED = 2e-6;

    private final ModelShape shape;

    RowCases(ModelShape shape) {
        this.shape = shape;
    }

    List<KernelCase> all() {
        long hidden = shape.hidden();
        long heads = (long) shape.heads() * shape.headDim();
        long kv = 2L * shape.kvHeads() * shape.headDim();
        return List.of(
                new RowCase("embed", "rows", EXACT, hidden * (2 + 4), this::embed),
                new RowCase("rmsNorm", "rows", SUMMED, hidden * (4 + 2), this::rmsNorm),
                new RowCase("addRmsNorm", "rows", SUMMED, hidden * (8 + 4), this::addRmsNorm),
                new RowCase("headRmsNorm", "rows", SUMMED, heads * 4, this::headRmsNorm),
                new RowCase("ropeAndStoreKv", "rows", SUMMED, (heads + kv) * 4, this::rope),
                new RowCase("gatherRows", "rows", EXACT, hidden * 4, this::gatherRows),
                new RowCase("softCap", "rows", SUMMED, shape.vocab() * 8L, this::softCap),
                new RowCase("tokenLogprobs", "rows", SUMMED, shape.vocab() * 4L, this::logprobs));
    }

    private static float[] numbers(int seed, int count, DType precision) {
        return new SeededNumbers(SEED + seed).normal(count, 1, precision);
    }

    private static Prepared prepared(Runnable fill, IntConsumer run, IntFunction<float[]> result) {
        return new Prepared() {
            @Override
            public void fill() {
                fill.run();
            }

            @Override
            public void run(int rows) {
                run.accept(rows);
            }

            @Override
            public float[] result(int rows) {
                return result.apply(rows);
            }
        };
    }

    private static void nothing() {}

    private Prepared embed(Kernels kernels, DType precision, int rows) {
        Weight table =
                kernels.pack(new SeededWeight(precision, shape.vocab(), shape.hidden(), SEED));
        PackedBatch batch = new PackedBatch(kernels, rows, 1, 1);
        int[] ids = new SeededNumbers(SEED).below(shape.vocab(), rows);
        kernels.copyIn(ids, rows, batch.tokenIds());
        Tensor out = kernels.allocate(DType.F32, rows, shape.hidden(), "synthetic");
        return prepared(
                RowCases::nothing,
                used -> {
                    batch.resize(used, 1, used);
                    kernels.embed(out, batch, table, 1);
                },
                used -> Results.floats(kernels, out, used));
    }

    private Prepared rmsNorm(Kernels kernels, DType precision, int rows) {
        int hidden = shape.hidden();
        Tensor in =
                Results.tensor(
                        kernels, DType.F32, rows, hidden, numbers(0, rows * hidden, DType.F32));
        Tensor weight =
                Results.tensor(kernels, DType.F32, 1, hidden, numbers(1, hidden, DType.F32));
        Tensor out = kernels.allocate(kernels.activationType(), rows, hidden, "synthetic");
        return prepared(
                RowCases::nothing,
                used -> kernels.rmsNorm(out, in, weight, EPSILON, used),
                used -> Results.floats(kernels, out, used));
    }

    private Prepared addRmsNorm(Kernels kernels, DType precision, int rows) {
        int hidden = shape.hidden();
        DType type = kernels.activationType();
        float[] before = numbers(0, rows * hidden, DType.F32);
        Tensor residual = kernels.allocate(DType.F32, rows, hidden, "synthetic");
        Tensor delta =
                Results.tensor(kernels, type, rows, hidden, numbers(2, rows * hidden, precision));
        Tensor weight =
                Results.tensor(kernels, DType.F32, 1, hidden, numbers(1, hidden, DType.F32));
        Tensor out = kernels.allocate(type, rows, hidden, "synthetic");
        return prepared(
                () -> kernels.copyIn(before, before.length, residual),
                used -> kernels.addRmsNorm(out, residual, delta, weight, EPSILON, used),
                used -> Results.floats(kernels, out, used));
    }

    private Prepared headRmsNorm(Kernels kernels, DType precision, int rows) {
        int columns = shape.heads() * shape.headDim();
        float[] before = numbers(3, rows * columns, precision);
        Tensor heads = kernels.allocate(kernels.activationType(), rows, columns, "synthetic");
        float[] factors = numbers(1, shape.headDim(), DType.F32);
        Tensor weight = Results.tensor(kernels, DType.F32, 1, factors.length, factors);
        return prepared(
                () -> kernels.copyIn(before, before.length, heads),
                used -> kernels.headRmsNorm(heads, weight, EPSILON, used),
                used -> Results.floats(kernels, heads, used));
    }

    /** The result is the queries; what was stored is seen by attention. */
    private Prepared rope(Kernels kernels, DType precision, int rows) {
        int half = shape.headDim() / 2;
        int qColumns = shape.heads() * shape.headDim();
        int kvColumns = shape.kvHeads() * shape.headDim();
        float[] before = numbers(4, rows * qColumns, precision);
        DType type = kernels.activationType();
        Tensor q = kernels.allocate(type, rows, qColumns, "synthetic");
        Tensor kv =
                Results.tensor(
                        kernels, type, rows, kvColumns, numbers(5, rows * kvColumns, precision));
        float[] angles = numbers(6, rows * half, DType.F32);
        Tensor table = Results.tensor(kernels, DType.F32, rows, half, angles);
        Rope rope = new Rope(table, table, shape.headDim(), false);
        KvCache cache =
                kernels.allocateKvCache(new KvShape(1, rows, 8, shape.kvHeads(), shape.headDim()));
        PackedBatch batch = new PackedBatch(kernels, rows, 1, 1);
        int[] places = IntStream.range(0, rows).toArray();
        kernels.copyIn(places, rows, batch.positions());
        kernels.copyIn(places, rows, batch.slotMapping());
        return prepared(
                () -> kernels.copyIn(before, before.length, q),
                used -> {
                    batch.resize(used, 1, used);
                    kernels.ropeAndStoreKv(q, kv, kv, rope, batch, cache, 0);
                },
                used -> Results.floats(kernels, q, used));
    }

    private Prepared gatherRows(Kernels kernels, DType precision, int rows) {
        int hidden = shape.hidden();
        DType type = kernels.activationType();
        Tensor in =
                Results.tensor(kernels, type, rows, hidden, numbers(7, rows * hidden, precision));
        Tensor indexes = kernels.allocate(DType.INT32, 1, rows, "synthetic");
        kernels.copyIn(new SeededNumbers(SEED).below(rows, rows), rows, indexes);
        Tensor out = kernels.allocate(type, rows, hidden, "synthetic");
        return prepared(
                RowCases::nothing,
                used -> kernels.gatherRows(out, in, indexes, used),
                used -> Results.floats(kernels, out, used));
    }

    private Prepared softCap(Kernels kernels, DType precision, int rows) {
        float[] before = numbers(8, rows * shape.vocab(), DType.F32);
        Tensor logits = kernels.allocate(DType.F32, rows, shape.vocab(), "synthetic");
        return prepared(
                () -> kernels.copyIn(before, before.length, logits),
                used -> kernels.softCap(logits, 3, used),
                used -> Results.floats(kernels, logits, used));
    }

    private Prepared logprobs(Kernels kernels, DType precision, int rows) {
        int vocab = shape.vocab();
        Tensor logits =
                Results.tensor(
                        kernels, DType.F32, rows, vocab, numbers(9, rows * vocab, DType.F32));
        Tensor targets = kernels.allocate(DType.INT32, 1, rows, "synthetic");
        kernels.copyIn(new SeededNumbers(SEED).below(vocab, rows), rows, targets);
        Tensor out = kernels.allocate(DType.F32, 1, rows, "synthetic");
        return prepared(
                RowCases::nothing,
                used -> kernels.tokenLogprobs(out, logits, targets, used),
                used -> Results.vector(kernels, out, used));
    }
}
