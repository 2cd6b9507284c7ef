package dev.millrace.kernels;

import dev.millrace.kernels.cuda.CudaOps;
import dev.millrace.kernels.cuda.CudaRuntime;
import dev.millrace.kernels.cuda.DeviceTime;
import dev.millrace.kernels.cuda.Embedding;
import dev.millrace.kernels.cuda.Experts;
import dev.millrace.kernels.cuda.GatedLinear;
import dev.millrace.kernels.cuda.KernelTime;
import dev.millrace.kernels.cuda.LayerNorm;
import dev.millrace.kernels.cuda.Linear;
import dev.millrace.kernels.cuda.LinearArgmax;
import dev.millrace.kernels.cuda.LinearInput;
import dev.millrace.kernels.cuda.Logprobs;
import dev.millrace.kernels.cuda.PagedAttention;
import dev.millrace.kernels.cuda.RmsNorm;
import dev.millrace.kernels.cuda.RopeStoreKv;
import dev.millrace.kernels.cuda.RowOps;
import dev.millrace.kernels.cuda.Sampling;
import dev.millrace.kernels.cuda.WeightPacker;
import java.util.List;
import java.util.Optional;

/**
 * The CUDA backend: checks arguments, then hands them to the operation in {@code cuda}, which launches its kernel.
 *
 * <p>Lengths, positions and tables lie on the device, so that their contents are not checked here.
 *
 * <p>Thread-safety: as {@link Kernels}.
 */
public final class CudaKernels implements Kernels {
    private final CudaRuntime runtime;
    private final DType activationType;
    private final Arguments arguments;
    private final WeightPacker packer;
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
    private boolean closed;

    CudaKernels(CudaRuntime runtime) {
        this.runtime = runtime;
        CudaOps ops = runtime.ops();
        activationType = ops.activationType();
        arguments = new Arguments(activationType);
        packer = new WeightPacker(ops);
        embedding = new Embedding(ops);
        rmsNorm = new RmsNorm(ops);
        layerNorm = new LayerNorm(ops);
        LinearInput linearInput = new LinearInput(ops);
        linear = new Linear(ops, linearInput);
        linearArgmax = new LinearArgmax(ops, linearInput);
        gatedLinear = new GatedLinear(ops, linearInput);
        experts = new Experts(ops);
        ropeStoreKv = new RopeStoreKv(ops);
        attention = new PagedAttention(ops);
        rowOps = new RowOps(ops);
        logprobs = new Logprobs(ops);
        sampling = new Sampling(ops);
    }

    @Override
    public String description() {
        return runtime.description();
    }

    @Override
    public DType activationType() {
        return activationType;
    }

    @Override
    public DType kvType() {
        return activationType;
    }

    @Override
    public List<DType> kvTypes(int headDim) {
        return attention.readsE4m3(headDim)
                ? List.of(activationType, DType.F8_E4M3)
                : List.of(activationType);
    }

    @Override
    public boolean quantizesActivations() {
        return runtime.ops().quantizesActivations();
    }

    @Override
    public DType quantizedKvType() {
        return DType.F8_E4M3;
    }

    @Override
    public Optional<DeviceBytes> deviceBytes() {
        checkOpen();
        return Optional.of(runtime.bytes());
    }

    @Override
    public BufferPool buffers() {
        return runtime.ops().memory().buffers();
    }

    @Override
    public Tensor allocate(DType dtype, int rows, int columns, String purpose) {
        checkOpen();
        return runtime.ops().memory().allocate(dtype, rows, columns, purpose);
    }

    @Override
    public Weight pack(WeightSource source) {
        checkOpen();
        return packer.pack(source);
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

    @Override
    public void checkHeads(int headDim) {
        checkOpen();
        attention.checkHeads(headDim, kvType());
    }

    @Override
    public DType inputType(Weight weight) {
        return linear.inputType(weight);
    }

    @Override
    public ExpertWeight group(List<Weight> weights) {
        checkOpen();
        return experts.group(weights);
    }

    @Override
    public KvCache allocateKvCache(KvShape shape, DType type) {
        checkOpen();
        Checks.kvShape(shape);
        Checks.kvType(type, kvTypes(shape.headDim()), shape);
        return runtime.ops().memory().allocateKvCache(shape, type);
    }

    @Override
    public KvCache allocateKvCache(KvShape shape, KvScales scales) {
        return allocateKvCache(shape, DType.F8_E4M3).with(this, scales);
    }

    @Override
    public void copyIn(int[] source, int count, Tensor target) {
        checkOpen();
        Checks.copy("copyIn", target, count, target.dtype() == DType.INT32);
        runtime.copyIn(source, count, target);
    }

    @Override
    public void copyIn(long[] source, int count, Tensor target) {
        checkOpen();
        Checks.copy("copyIn", target, count, target.dtype() == DType.INT64);
        runtime.copyIn(source, count, target);
    }

    @Override
    public void copyIn(float[] source, int count, Tensor target) {
        checkOpen();
        Checks.copy("copyIn", target, count, isFloat(target.dtype()));
        runtime.copyIn(source, count, target);
    }

    @Override
    public void copyInTokens(int[] source, int count, Tensor target, Tensor drawn) {
        checkOpen();
        Checks.vector("copyInTokens", "target", target, DType.INT32, count);
        Checks.vector("copyInTokens", "drawn", drawn, DType.INT32, 1);
        runtime.copyInTokens(source, count, target, drawn);
    }

    @Override
    public void copyOut(Tensor source, int count, int[] target) {
        checkOpen();
        Checks.copy("copyOut", source, count, source.dtype() == DType.INT32);
        runtime.copyOut(source, count, target);
    }

    @Override
    public void copyOut(Tensor source, int count, float[] target) {
        checkOpen();
        Checks.copy("copyOut", source, count, isFloat(source.dtype()));
        runtime.copyOut(source, count, target);
    }

    private static boolean isFloat(DType dtype) {
        return dtype == DType.F32 || dtype == DType.BF16 || dtype == DType.F16;
    }

    @Override
    public Readback newReadback(int bytes) {
        checkOpen();
        return runtime.newReadback(bytes);
    }

    @Override
    public int stepsAhead() {
        return 1;
    }

    @Override
    public void synchronize() {
        checkOpen();
        runtime.synchronize();
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
        experts.linear(out, in, weight, bias, routing, rows);
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
        experts.gatedLinear(out, in, gateUp, bias, activation, routing, rows);
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

    /** Steps of 8 up to 128, of 16 up to 256, and so on: at most an eighth of the rows is padding, and at most 28 graphs to 512. */
    @Override
    public int replayRows(int rows) {
        if (rows <= 8) {
            return rows;
        }
        int step = Math.max(8, Integer.highestOneBit(rows - 1) / 8);
        return (rows + step - 1) / step * step;
    }

    @Override
    public void replay(int shape, Runnable step) {
        prepareLaunch();
        runtime.replay(shape, step);
    }

    /** Kernels launched so far by the host, without those that a recorded step has launched. */
    public long kernelLaunches() {
        return runtime.launches();
    }

    /** Recorded steps launched so far. */
    public long graphLaunches() {
        return runtime.graphLaunches();
    }

    /** Whether its tensor cores multiply E4M3. */
    public boolean multipliesE4m3() {
        return runtime.ops().device().multipliesE4m3();
    }

    /** The time that the device takes from the begin to the end of what {@code work} enqueues; does not wait for it. */
    public DeviceTime time(Runnable work) {
        checkOpen();
        return runtime.time(work);
    }

    /** The time of each kernel that {@code work} launches, in order; recorded steps run kernel by kernel meanwhile. */
    public List<KernelTime> trace(Runnable work) {
        checkOpen();
        return runtime.trace(work);
    }

    /** Bytes that the driver reads and writes in a second when it copies {@code bytes} inside of the device. */
    public double copyRate(long bytes) {
        checkOpen();
        return runtime.copyRate(bytes);
    }

    /** Checks of an operation's arguments, for a device that is ready for its launch. */
    private Arguments arguments() {
        prepareLaunch();
        return arguments;
    }

    private void prepareLaunch() {
        checkOpen();
        runtime.prepareLaunch();
    }

    private void checkOpen() {
        if (closed) {
            throw new KernelException("the CUDA kernels are closed");
        }
        DeviceHealth.check();
        runtime.makeCurrent();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            runtime.close();
        }
    }
}
