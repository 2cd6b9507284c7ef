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
import java.util.List;

/**
 * The CPU backend in C, for processors with AVX2 or more: checks arguments, then hands them to the operation in {@code x86}, which
 * runs its parts on the threads of a {@link WorkerPool}. All its memory lies outside of the Java heap. Operations are done when the
 * call returns.
 *
 * <p>Thread-safety: as {@link Kernels}.
 */
public final class X86Kernels extends NarrowKernels {
    private final Family family;
    private final WeightRounding rounding;
    private final WorkerPool pool;
    private final Context context;
    private final Packer packer;
    private final Products products;
    private final Attention attention;
    private final Rows rows;
    private final HostSampling sampling;

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
        super(bfloat16 ? DType.BF16 : DType.F32);
        this.family = family;
        this.rounding = rounding;
        pool = new WorkerPool(threads);
        context = new Context(family, pool);
        packer = new Packer(context, new PanelChoice(bfloat16, rounding, multipliesBytes));
        products = new Products(context);
        attention = new Attention(context);
        boolean rotated = rounding == WeightRounding.INT8;
        PanelFormat bytes = rotated ? PanelFormat.INT8_ROTATED : PanelFormat.INT8;
        rows = new Rows(context, activationType(), bytes);
        sampling = new HostSampling(new CpuKernels(pool, LanesChoice.best(), false), rows);
    }

    @Override
    public String description() {
        return "cpu, %d threads, %s, %s%s"
                .formatted(
                        pool.numThreads(),
                        family.text(),
                        activationType() == DType.BF16 ? "bfloat16" : "float32",
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
    public BufferPool buffers() {
        return context.memory().buffers();
    }

    @Override
    public Tensor allocate(DType dtype, int rows, int columns, String purpose) {
        checkOpen();
        if (dtype == DType.INT8) {
            return ByteRows.allocate(context.memory(), rows, columns, purpose);
        }
        if (dtype != activationType()
                && dtype != DType.F32
                && dtype != DType.INT32
                && dtype != DType.INT64) {
            throw new KernelException("the CPU backend has no tensors of " + dtype);
        }
        Buffer buffer = allocateBuffer(dtype, (long) rows * columns, purpose);
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
        if (activationType() == DType.BF16 && headDim % 2 != 0) {
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
        return bytes ? DType.INT8 : activationType();
    }

    @Override
    public List<DType> kvTypes(int headDim) {
        return headDim % 4 == 0 ? List.of(activationType(), DType.INT8) : List.of(activationType());
    }

    /** Keys and values never are where nobody asks for it; rows are rounded by the product of a W8A8 weight itself. */
    @Override
    public boolean quantizesActivations() {
        return false;
    }

    @Override
    void copyArrayIn(Object source, int count, Tensor target) {
        Rows.copyIn(source, count, target);
    }

    @Override
    void copyTokens(int[] source, int count, Tensor target, Tensor drawn) {
        rows.copyInTokens(source, count, target, drawn);
    }

    @Override
    void copyArrayOut(Tensor source, int count, Object target) {
        Rows.copyOut(source, count, target);
    }

    @Override
    public void embed(Tensor out, PackedBatch batch, Weight table, float scale) {
        arguments().embed(out, batch, table);
        products.embed(out, batch, table, scale);
    }

    @Override
    public void rmsNorm(Tensor out, Tensor in, Tensor weight, float epsilon, int rows) {
        arguments().rmsNorm(out, in, weight, rows);
        this.rows.norm(out, in, null, weight, epsilon, rows);
    }

    @Override
    public void addRmsNorm(
            Tensor out, Tensor residual, Tensor delta, Tensor weight, float epsilon, int rows) {
        arguments().addRmsNorm(out, residual, delta, weight, rows);
        this.rows.norm(out, residual, delta, weight, epsilon, rows);
    }

    @Override
    public void headRmsNorm(Tensor heads, Tensor weight, float epsilon, int rows) {
        arguments().headRmsNorm(heads, weight, rows);
        this.rows.norm(heads, heads, null, weight, epsilon, rows);
    }

    @Override
    public void linear(Tensor out, Tensor in, Weight weight, Tensor bias, int rows) {
        arguments().linear(out, in, weight, inputType(weight), bias, rows);
        products.linear(out, in, weight, bias, rows);
    }

    /** Logits are written nowhere: each part of the product keeps the best of its own. */
    @Override
    public void linearArgmax(Tensor tokenIds, Tensor in, Weight weight, float softCap, int rows) {
        arguments().linearArgmax(tokenIds, in, weight, rows);
        products.argmax(tokenIds, in, weight, softCap, rows);
    }

    @Override
    public void gatedLinear(
            Tensor out, Tensor in, Weight gateUp, Tensor bias, Activation activation, int rows) {
        if (activation == Activation.CLAMPED_SILU) {
            throw portable("gatedLinear with CLAMPED_SILU");
        }
        arguments().gatedLinear(out, in, gateUp, inputType(gateUp), bias, rows);
        products.gated(out, in, gateUp, bias, activation, rows);
    }

    @Override
    public void ropeAndStoreKv(
            Tensor q, Tensor k, Tensor v, Rope rope, PackedBatch batch, KvCache cache, int layer) {
        arguments().ropeAndStoreKv(q, k, v, rope, batch, cache, layer);
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
        if (params.sinks() != null) {
            throw portable("attention with sinks");
        }
        arguments().attention(out, q, cache, layer, batch, params);
        attention.run(out, q, cache, layer, batch, params);
    }

    @Override
    public void gatherRows(Tensor out, Tensor in, Tensor rowIndexes, int rows) {
        arguments().gatherRows(out, in, rowIndexes, rows);
        this.rows.gather(out, in, rowIndexes, rows);
    }

    @Override
    public void softCap(Tensor logits, float softCap, int rows) {
        arguments().softCap(logits, softCap, rows);
        this.rows.softCap(logits, softCap, rows);
    }

    @Override
    public void copyBlocks(KvCache cache, Tensor pairs, int numPairs) {
        arguments().copyBlocks(pairs, numPairs);
        rows.copyBlocks(cache, pairs, numPairs);
    }

    @Override
    public void tokenLogprobs(Tensor out, Tensor logits, Tensor targets, int rows) {
        arguments().tokenLogprobs(out, logits, targets, rows);
        this.rows.logprobs(out, logits, targets, rows);
    }

    @Override
    public void sample(Tensor logits, SamplingBatch batch) {
        arguments().sample(logits, batch);
        sampling.run(logits, batch);
    }

    @Override
    Buffer allocateBuffer(DType type, long length, String purpose) {
        return context.memory().allocate(type, length, purpose);
    }

    @Override
    void release() {
        context.close();
    }
}
