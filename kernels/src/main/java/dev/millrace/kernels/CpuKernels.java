package dev.millrace.kernels;

import dev.millrace.kernels.KernelsConfig.ActivationQuantization;
import dev.millrace.kernels.cpu.CodedPacker;
import dev.millrace.kernels.cpu.CpuContext;
import dev.millrace.kernels.cpu.Embedding;
import dev.millrace.kernels.cpu.Experts;
import dev.millrace.kernels.cpu.GatedLinear;
import dev.millrace.kernels.cpu.Lanes;
import dev.millrace.kernels.cpu.LanesChoice;
import dev.millrace.kernels.cpu.LayerNorm;
import dev.millrace.kernels.cpu.Linear;
import dev.millrace.kernels.cpu.LinearArgmax;
import dev.millrace.kernels.cpu.LinearInput;
import dev.millrace.kernels.cpu.Logprobs;
import dev.millrace.kernels.cpu.PagedAttention;
import dev.millrace.kernels.cpu.RmsNorm;
import dev.millrace.kernels.cpu.RopeStoreKv;
import dev.millrace.kernels.cpu.RowOps;
import dev.millrace.kernels.cpu.Sampling;
import dev.millrace.kernels.cpu.WeightPacker;
import dev.millrace.kernels.cpu.WorkerPool;
import java.util.List;

/**
 * The CPU backend: checks arguments, then hands them to the operation in {@code cpu}. Operations are done when the call
 * returns.
 *
 * <p>Thread-safety: as {@link Kernels}.
 */
public final class CpuKernels extends HostKernels {
    private final BufferPool buffers = new BufferPool();
    private final Lanes lanes;
    private final WorkerPool pool;
    private final WeightPacker packer;
    private final CodedPacker codedPacker;
    private final Embedding embedding;
    private final RmsNorm rmsNorm;
    private final LayerNorm layerNorm;
    private final Linear linear;
    private final LinearArgmax linearArgmax;
    private final GatedLinear gatedLinear;
    private final Experts experts;
    private final RopeStoreKv ropeStoreKv;
    private final PagedAttention attention;
    private final RowOps rowOps;
    private final Logprobs logprobs;
    private final Sampling sampling;
    private final boolean quantizesActivations;

    CpuKernels(KernelsConfig config) {
        this(
                config.threads(),
                LanesChoice.best(),
                config.activationQuantization() == ActivationQuantization.CHECKPOINT);
    }

    CpuKernels(int threads, Lanes lanes) {
        this(threads, lanes, false);
    }

    CpuKernels(int threads, Lanes lanes, boolean quantizesActivations) {
        this(new WorkerPool(threads), lanes, quantizesActivations);
    }

    /** Takes over {@code pool}. */
    CpuKernels(WorkerPool pool, Lanes lanes, boolean quantizesActivations) {
        super(DType.F32);
        this.pool = pool;
        this.lanes = lanes;
        this.quantizesActivations = quantizesActivations;
        CpuContext context = new CpuContext(lanes, pool);
        codedPacker = new CodedPacker(pool, buffers, lanes);
        packer = new WeightPacker(pool, buffers, lanes);
        embedding = new Embedding(context);
        rmsNorm = new RmsNorm(context);
        layerNorm = new LayerNorm(context);
        LinearInput input = new LinearInput(context, buffers, quantizesActivations);
        linear = new Linear(context, input);
        linearArgmax = new LinearArgmax(context, input);
        gatedLinear = new GatedLinear(context, linear, input, buffers);
        experts = new Experts(linear, gatedLinear);
        ropeStoreKv = new RopeStoreKv(context);
        attention = new PagedAttention(context);
        rowOps = new RowOps(context);
        logprobs = new Logprobs(context);
        sampling = new Sampling(context);
    }

    @Override
    public String description() {
        return "cpu, " + pool.numThreads() + " threads, " + lanes.name();
    }

    @Override
    public List<DType> kvTypes(int headDim) {
        return List.of(DType.F32, DType.INT8);
    }

    @Override
    public boolean quantizesActivations() {
        return quantizesActivations;
    }

    @Override
    public BufferPool buffers() {
        return buffers;
    }

    @Override
    public Tensor allocate(DType dtype, int rows, int columns, String purpose) {
        checkOpen();
        if (dtype == DType.INT8) {
            throw new KernelException("the CPU backend has no tensors of " + dtype);
        }
        Buffer buffer = allocateBuffer(dtype, (long) rows * columns, purpose);
        return new Tensor(dtype, rows, columns, columns, buffer, 0);
    }

    @Override
    public Weight pack(WeightSource source) {
        checkOpen();
        return switch (source.format()) {
            case F32, F16, BF16, Q8_0, Q4_0, Q4_1 -> packer.pack(source);
            case Q5_0, Q5_1, Q4_K, Q5_K, Q6_K -> codedPacker.pack(source);
        };
    }

    @Override
    public Weight packGateUp(WeightSource source) {
        Checks.divides("packGateUp", "2", 2, source.n());
        return pack(source);
    }

    @Override
    public Weight pack(QuantizedSource source) {
        checkOpen();
        return codedPacker.pack(source);
    }

    @Override
    public Weight packGateUp(QuantizedSource source) {
        Checks.divides("packGateUp", "2", 2, source.n());
        return pack(source);
    }

    /** All sizes will do. */
    @Override
    public void checkHeads(int headDim) {
        checkOpen();
    }

    @Override
    public DType inputType(Weight weight) {
        return DType.F32;
    }

    @Override
    public ExpertWeight group(List<Weight> weights) {
        checkOpen();
        return new ExpertWeight(weights, null);
    }

    @Override
    public KvCache allocateKvCache(KvShape shape, KvScales scales) {
        return allocateKvCache(shape).with(this, scales);
    }

    @Override
    void copyArrayIn(Object source, int count, Tensor target) {
        for (int done = 0, row = 0; done < count; row++) {
            int length = Math.min(target.columns(), count - done);
            int to = (int) target.offset() + row * target.rowStride();
            System.arraycopy(source, done, target.host().array(), to, length);
            done += length;
        }
    }

    @Override
    void copyTokens(int[] source, int count, Tensor target, Tensor drawn) {
        int[] ids = drawn.host().ints();
        int[] to = target.host().ints();
        for (int i = 0; i < count; i++) {
            int id = source[i];
            to[(int) target.offset() + i] = id < 0 ? ids[(int) drawn.offset() - 1 - id] : id;
        }
    }

    @Override
    void copyArrayOut(Tensor source, int count, Object target) {
        for (int done = 0, row = 0; done < count; row++) {
            int length = Math.min(source.columns(), count - done);
            int from = (int) source.offset() + row * source.rowStride();
            System.arraycopy(source.host().array(), from, target, done, length);
            done += length;
        }
    }

    @Override
    public void embed(Tensor out, PackedBatch batch, Weight table, float scale) {
        arguments().embed(out, batch, table);
        embedding.run(out, batch, table, scale);
    }

    @Override
    public void rmsNorm(Tensor out, Tensor in, Tensor weight, float epsilon, int rows) {
        arguments().rmsNorm(out, in, weight, rows);
        rmsNorm.run(out, in, null, weight, epsilon, rows);
    }

    @Override
    public void addRmsNorm(
            Tensor out, Tensor residual, Tensor delta, Tensor weight, float epsilon, int rows) {
        arguments().addRmsNorm(out, residual, delta, weight, rows);
        rmsNorm.run(out, residual, delta, weight, epsilon, rows);
    }

    @Override
    public void headRmsNorm(Tensor heads, Tensor weight, float epsilon, int rows) {
        arguments().headRmsNorm(heads, weight, rows);
        rmsNorm.run(heads, heads, null, weight, epsilon, rows);
    }

    @Override
    public void layerNorm(
            Tensor out, Tensor in, Tensor weight, Tensor bias, float epsilon, int rows) {
        arguments().layerNorm(out, in, weight, bias, rows);
        layerNorm.run(out, in, null, weight, bias, epsilon, rows);
    }

    @Override
    public void addLayerNorm(
            Tensor out,
            Tensor residual,
            Tensor delta,
            Tensor weight,
            Tensor bias,
            float epsilon,
            int rows) {
        arguments().addLayerNorm(out, residual, delta, weight, bias, rows);
        layerNorm.run(out, residual, delta, weight, bias, epsilon, rows);
    }

    @Override
    public void add(Tensor out, Tensor residual, Tensor delta, int rows) {
        arguments().add(out, residual, delta, rows);
        rowOps.add(out, residual, delta, rows);
    }

    @Override
    public void activate(Tensor x, Activation activation, int rows) {
        arguments().activate(x, rows);
        rowOps.activate(x, activation, rows);
    }

    @Override
    public void linear(Tensor out, Tensor in, Weight weight, Tensor bias, int rows) {
        arguments().linear(out, in, weight, inputType(weight), bias, rows);
        linear.run(out, in, weight, bias, rows);
    }

    @Override
    public void linearArgmax(Tensor tokenIds, Tensor in, Weight weight, float softCap, int rows) {
        arguments().linearArgmax(tokenIds, in, weight, rows);
        linearArgmax.run(tokenIds, in, weight, softCap, rows);
    }

    @Override
    public void gatedLinear(
            Tensor out, Tensor in, Weight gateUp, Tensor bias, Activation activation, int rows) {
        arguments().gatedLinear(out, in, gateUp, inputType(gateUp), bias, rows);
        gatedLinear.run(out, in, gateUp, bias, activation, rows);
    }

    @Override
    public void routeExperts(ExpertRouting routing, Tensor logits, boolean normalized, int rows) {
        arguments().routeExperts(routing, logits, rows);
        experts.route(routing, logits, normalized, rows);
    }

    @Override
    public void expertLinear(
            Tensor out,
            Tensor in,
            ExpertWeight weight,
            Tensor bias,
            ExpertRouting routing,
            int rows) {
        arguments().expertLinear(out, in, weight, bias, routing, rows);
        experts.linear(out, in, weight, bias, routing);
    }

    @Override
    public void expertGatedLinear(
            Tensor out,
            Tensor in,
            ExpertWeight gateUp,
            Tensor bias,
            Activation activation,
            ExpertRouting routing,
            int rows) {
        arguments().expertGatedLinear(out, in, gateUp, bias, routing, rows);
        experts.gatedLinear(out, in, gateUp, bias, activation, routing);
    }

    @Override
    public void combineExperts(Tensor out, Tensor in, ExpertRouting routing, int rows) {
        arguments().combineExperts(out, in, routing, rows);
        experts.combine(out, in, routing, rows);
    }

    @Override
    public void ropeAndStoreKv(
            Tensor q, Tensor k, Tensor v, Rope rope, PackedBatch batch, KvCache cache, int layer) {
        arguments().ropeAndStoreKv(q, k, v, rope, batch, cache, layer);
        ropeStoreKv.run(q, k, v, rope, batch, cache, layer);
    }

    @Override
    public void attention(
            Tensor out,
            Tensor q,
            KvCache cache,
            int layer,
            PackedBatch batch,
            AttentionParams params) {
        arguments().attention(out, q, cache, layer, batch, params);
        Checks.sequences(batch, cache.shape().blockSize());
        attention.run(out, q, cache, layer, batch, params);
    }

    @Override
    public void gatherRows(Tensor out, Tensor in, Tensor rowIndexes, int rows) {
        arguments().gatherRows(out, in, rowIndexes, rows);
        rowOps.gatherRows(out, in, rowIndexes, rows);
    }

    @Override
    public void softCap(Tensor logits, float softCap, int rows) {
        arguments().softCap(logits, softCap, rows);
        rowOps.softCap(logits, softCap, rows);
    }

    @Override
    public void copyBlocks(KvCache cache, Tensor pairs, int numPairs) {
        arguments().copyBlocks(pairs, numPairs);
        rowOps.copyBlocks(cache, pairs, numPairs);
    }

    @Override
    public void tokenLogprobs(Tensor out, Tensor logits, Tensor targets, int rows) {
        arguments().tokenLogprobs(out, logits, targets, rows);
        logprobs.run(out, logits, targets, rows);
    }

    @Override
    public void sample(Tensor logits, SamplingBatch batch) {
        arguments().sample(logits, batch);
        sampling.run(logits, batch);
    }

    @Override
    Buffer allocateBuffer(DType type, long length, String purpose) {
        return buffers.allocateHost(type, length, purpose);
    }

    @Override
    void release() {
        pool.close();
    }
}
