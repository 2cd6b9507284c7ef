package dev.millrace.kernels;

import dev.millrace.kernels.KernelsConfig.WeightRounding;
import dev.millrace.kernels.cpu.LanesChoice;
import dev.millrace.kernels.cpu.WorkerPool;
import dev.millrace.kernels.x86.Attention;
import dev.millrace.kernels.x86.ByteRows;
import dev.millrace.kernels.x86.Context;
import dev.millrace.kernels.x86.Family;
import dev.millrace.kernels.x86.Packer;
import dev.millrace.kernels.x86.PanelChoice;
import dev.millrace.kernels.x86.PanelFormat;
import dev.millrace.kernels.x86.Products;
import dev.millrace.kernels.x86.Rows;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The CPU backend in C, for processors with AVX2 or more: checks arguments, then hands them to the operation in {@code x86}, which
 * runs its parts on the threads of a {@link WorkerPool}. All its memory lies outside of the Java heap. Operations are done when the
 * call returns.
 *
 * <p>Thread-safety: as {@link Kernels}.
 */
public final class X86Kernels extends NarrowKernels {
    private final Family family;
    private final DType activation;
    private final WeightRounding rounding;
    private final Arguments arguments;
    private final WorkerPool pool;
    private final Context context;
    private final CpuKernels host;
    private final Packer packer;
    private final Products products;
    private final Attention attention;
    private final Rows rows;
    private final HostSampling sampling;
    private boolean closed;

    /**
     * {@code bfloat16} says whether activations, keys and values, and products are that, or float32; {@code multipliesBytes} whether
     * activations are rounded to bytes for W8A8 weights.
     */
    X86Kernels(
            Family family,
            int threads,
            boolean bfloat16,
            WeightRounding rounding,
            boolean multipliesBytes) {
        this.family = family;
        this.rounding = rounding;
        activation = bfloat16 ? DType.BF16 : DType.F32;
        arguments = new Arguments(activation);
        pool = new WorkerPool(threads);
        context = new Context(family, pool);
        host = new CpuKernels(pool, LanesChoice.best(), false);
        packer = new Packer(context, new PanelChoice(bfloat16, rounding, multipliesBytes));
        products = new Products(context);
        attention = new Attention(context);
        boolean rotated = rounding == WeightRounding.INT8;
        rows = new Rows(context, activation, rotated ? PanelFormat.INT8_ROTATED : PanelFormat.INT8);
        sampling = new HostSampling(host, rows);
    }

    @Override
    public String description() {
        return "cpu, %d threads, %s, %s%s"
                .formatted(
                        pool.numThreads(),
                        family.text(),
                        activation == DType.BF16 ? "bfloat16" : "float32",
                        switch (rounding) {
                            case CHECKPOINT -> "";
                            case INT8 -> ", weights rounded to int8";
                            case FP8 -> ", weights rounded to fp8";
                        });
    }

    /** Runs so far of which several threads took parts: each ends when the last of them is done. */
    public long sharedRuns() {
        return pool.sharedRuns();
    }

    @Override
    public DType activationType() {
        return activation;
    }

    @Override
    public DType kvType() {
        return activation;
    }

    @Override
    public Optional<DeviceBytes> deviceBytes() {
        return Optional.empty();
    }

    @Override
    public BufferPool buffers() {
        return context.memory().buffers();
    }

    @Override
    public Tensor allocate(DType dtype, int rows, int columns, String purpose) {
        checkOpen();
        if (dtype == DType.INT8) {
            return ByteRows.allocate(context.memory(), rows, columns, purpose);
        }
        if (dtype != activation
                && dtype != DType.F32
                && dtype != DType.INT32
                && dtype != DType.INT64) {
            throw new KernelException("the CPU backend has no tensors of " + dtype);
        }
        Buffer buffer = context.memory().allocate(dtype, (long) rows * columns, purpose);
        return new Tensor(dtype, rows, columns, columns, buffer, 0);
    }

    @Override
    public Weight pack(WeightSource source) {
        checkOpen();
        return packer.pack(source);
    }

    @Override
    public Weight packTable(WeightSource source) {
        checkOpen();
        return packer.packTable(source);
    }

    @Override
    public Weight packGateUp(WeightSource source) {
        checkOpen();
        Checks.divides("packGateUp", "2", 2, source.n());
        return packer.packGateUp(source);
    }

    @Override
    public Weight pack(QuantizedSource source) {
        checkOpen();
        return packer.pack(source, false);
    }

    @Override
    public Weight packGateUp(QuantizedSource source) {
        checkOpen();
        Checks.divides("packGateUp", "2", 2, source.n());
        return packer.pack(source, true);
    }

    /** In bfloat16 products take pairs of elements. */
    @Override
    public void checkHeads(int headDim) {
        checkOpen();
        if (activation == DType.BF16 && headDim % 2 != 0) {
            throw new DeviceProblem(
                            DeviceError.UNSUPPORTED_MODEL,
                            "model on " + description(),
                            "heads of " + headDim,
                            "an even size",
                            "Set compute-precision = float32")
                    .exception();
        }
    }

    /** Rows are rounded to bytes by the norm before, or by the product itself. */
    @Override
    public DType inputType(Weight weight) {
        boolean bytes = weight instanceof PanelWeight panels && panels.format().isInt8();
        return bytes ? DType.INT8 : activation;
    }

    @Override
    public List<DType> kvTypes(int headDim) {
        return headDim % 4 == 0 ? List.of(activation, DType.INT8) : List.of(activation);
    }

    /** Keys and values never are where nobody asks for it; rows are rounded by the product of a W8A8 weight itself. */
    @Override
    public boolean quantizesActivations() {
        return false;
    }

    /** There is no cache with scales of a head. */
    @Override
    public DType quantizedKvType() {
        return activation;
    }

    @Override
    public KvCache allocateKvCache(KvShape shape, DType type) {
        checkOpen();
        Checks.kvShape(shape);
        checkHeads(shape.headDim());
        Checks.kvType(type, kvTypes(shape.headDim()), shape);
        long length = (long) shape.numBlocks() * shape.storedElements(type);
        List<Buffer> keys = new ArrayList<>();
        List<Buffer> values = new ArrayList<>();
        for (int layer = 0; layer < shape.numLayers(); layer++) {
            keys.add(context.memory().allocate(type, length, "kv"));
            values.add(context.memory().allocate(type, length, "kv"));
        }
        return new KvCache(shape, keys, values);
    }

    @Override
    public void copyIn(int[] source, int count, Tensor target) {
        copyIn(source, count, target, target.dtype() == DType.INT32);
    }

    @Override
    public void copyIn(long[] source, int count, Tensor target) {
        copyIn(source, count, target, target.dtype() == DType.INT64);
    }

    @Override
    public void copyIn(float[] source, int count, Tensor target) {
        copyIn(source, count, target, isFloating(target));
    }

    private static boolean isFloating(Tensor tensor) {
        return tensor.dtype() == DType.F32 || tensor.dtype() == DType.BF16;
    }

    private void copyIn(Object source, int count, Tensor target, boolean sameType) {
        checkOpen();
        Checks.copy("copyIn", target, count, sameType);
        Rows.copyIn(source, count, target);
    }

    @Override
    public void copyInTokens(int[] source, int count, Tensor target, Tensor drawn) {
        checkOpen();
        Checks.vector("copyInTokens", "target", target, DType.INT32, count);
        Checks.vector("copyInTokens", "drawn", drawn, DType.INT32, 1);
        rows.copyInTokens(source, count, target, drawn);
    }

    @Override
    public Readback newReadback(int bytes) {
        checkOpen();
        return new HostReadback(this);
    }

    @Override
    public int stepsAhead() {
        return 0;
    }

    @Override
    public void copyOut(Tensor source, int count, int[] target) {
        copyOut(source, count, target, source.dtype() == DType.INT32);
    }

    @Override
    public void copyOut(Tensor source, int count, float[] target) {
        copyOut(source, count, target, isFloating(source));
    }

    private void copyOut(Tensor source, int count, Object target, boolean sameType) {
        checkOpen();
        Checks.copy("copyOut", source, count, sameType);
        Rows.copyOut(source, count, target);
    }

    @Override
    public void synchronize() {
        checkOpen();
    }

    @Override
    public void embed(Tensor out, PackedBatch batch, Weight table, float scale) {
        checkOpen();
        arguments.embed(out, batch, table);
        products.embed(out, batch, table, scale);
    }

    @Override
    public void rmsNorm(Tensor out, Tensor in, Tensor weight, float epsilon, int rows) {
        checkOpen();
        arguments.rmsNorm(out, in, weight, rows);
        this.rows.norm(out, in, null, weight, epsilon, rows);
    }

    @Override
    public void addRmsNorm(
            Tensor out, Tensor residual, Tensor delta, Tensor weight, float epsilon, int rows) {
        checkOpen();
        arguments.addRmsNorm(out, residual, delta, weight, rows);
        this.rows.norm(out, residual, delta, weight, epsilon, rows);
    }

    @Override
    public void headRmsNorm(Tensor heads, Tensor weight, float epsilon, int rows) {
        checkOpen();
        arguments.headRmsNorm(heads, weight, rows);
        this.rows.norm(heads, heads, null, weight, epsilon, rows);
    }

    @Override
    public void linear(Tensor out, Tensor in, Weight weight, Tensor bias, int rows) {
        checkOpen();
        arguments.linear(out, in, weight, inputType(weight), bias, rows);
        products.linear(out, in, weight, bias, rows);
    }

    /** Logits are written nowhere: each part of the product keeps the best of its own. */
    @Override
    public void linearArgmax(Tensor tokenIds, Tensor in, Weight weight, float softCap, int rows) {
        checkOpen();
        arguments.linearArgmax(tokenIds, in, weight, rows);
        products.argmax(tokenIds, in, weight, softCap, rows);
    }

    @Override
    public void gatedLinear(
            Tensor out, Tensor in, Weight gateUp, Tensor bias, Activation activation, int rows) {
        checkOpen();
        if (activation == Activation.CLAMPED_SILU) {
            throw portable("gatedLinear with CLAMPED_SILU");
        }
        arguments.gatedLinear(out, in, gateUp, inputType(gateUp), bias, rows);
        products.gated(out, in, gateUp, bias, activation, rows);
    }

    @Override
    public void ropeAndStoreKv(
            Tensor q, Tensor k, Tensor v, Rope rope, PackedBatch batch, KvCache cache, int layer) {
        checkOpen();
        arguments.ropeAndStoreKv(q, k, v, rope, batch, cache, layer);
        attention.ropeAndStoreKv(q, k, v, rope, batch, cache, layer);
    }

    @Override
    public void attention(
            Tensor out,
            Tensor q,
            KvCache cache,
            int layer,
            PackedBatch batch,
            AttentionParams params) {
        checkOpen();
        if (params.sinks() != null) {
            throw portable("attention with sinks");
        }
        arguments.attention(out, q, cache, layer, batch, params);
        attention.run(out, q, cache, layer, batch, params);
    }

    @Override
    public void gatherRows(Tensor out, Tensor in, Tensor rowIndexes, int rows) {
        checkOpen();
        arguments.gatherRows(out, in, rowIndexes, rows);
        this.rows.gather(out, in, rowIndexes, rows);
    }

    @Override
    public void softCap(Tensor logits, float softCap, int rows) {
        checkOpen();
        arguments.softCap(logits, softCap, rows);
        this.rows.softCap(logits, softCap, rows);
    }

    @Override
    public void copyBlocks(KvCache cache, Tensor pairs, int numPairs) {
        checkOpen();
        arguments.copyBlocks(pairs, numPairs);
        rows.copyBlocks(cache, pairs, numPairs);
    }

    @Override
    public void tokenLogprobs(Tensor out, Tensor logits, Tensor targets, int rows) {
        checkOpen();
        arguments.tokenLogprobs(out, logits, targets, rows);
        this.rows.logprobs(out, logits, targets, rows);
    }

    @Override
    public void sample(Tensor logits, SamplingBatch batch) {
        checkOpen();
        arguments.sample(logits, batch);
        sampling.run(logits, batch);
    }

    @Override
    public int replayRows(int rows) {
        return rows;
    }

    @Override
    public void replay(int shape, Runnable step) {
        checkOpen();
        step.run();
    }

    private void checkOpen() {
        if (closed) {
            throw new KernelException("the CPU kernels are closed");
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            context.close();
        }
    }
}
