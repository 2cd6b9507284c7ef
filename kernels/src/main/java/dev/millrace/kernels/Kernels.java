package dev.millrace.kernels;

import java.util.List;
import java.util.Optional;

/**
 * The operations a decoder needs, fused at the granularity a GPU wants, over packed batches.
 *
 * <p>Calls return at once and run in order on the device; only {@link #copyOut}, {@link #synchronize} and
 * {@link Readback#await} wait. Outputs
 * must not overlap inputs unless a comment says "in place". A tensor's row count is its capacity: {@code rows} (or the
 * batch) says how many rows are in use, so that a step allocates nothing.
 *
 * <p>Activations have the type that {@link #activationType()} names, A in the shapes below; the residual stream, norm
 * weights, biases, rotation tables and logits are F32 everywhere.
 *
 * <p>Every result row depends on its own inputs only, bit for bit: reduction orders are fixed by the shapes of the
 * weights and the positions of the tokens, never by {@code rows}, by the batch or by the number of threads.
 *
 * <p>Errors: {@link KernelException}; after a device failure every further call throws it too.
 *
 * <p>Thread-safety: one thread at a time, the owner; {@link #pack(WeightSource)} may be called while no operation runs.
 */
public sealed interface Kernels extends AutoCloseable permits HostKernels, CudaKernels {

    /**
     * Opens the device that {@code config} names.
     *
     * @throws KernelException with a {@link DeviceProblem} if it cannot be used
     */
    static Kernels create(KernelsConfig config) {
        return Devices.open(config);
    }

    /** One line for logs: device, threads, instruction set. */
    String description();

    /** A: type of activations, in and out of matrix products. F32 or BF16 on the CPU, BF16 or F16 on a GPU. */
    DType activationType();

    /** Type of keys and values in the {@link KvCache} if nothing else is asked for. */
    DType kvType();

    /** Types that heads of {@code headDim} may be stored in; {@link #kvType()} first. */
    List<DType> kvTypes(int headDim);

    /** Whether activations, keys and values are rounded to 8 bits where a checkpoint's scheme says so. */
    boolean quantizesActivations();

    /** Type of keys and values in a cache with {@link KvScales}. */
    DType quantizedKvType();

    /** Memory of a device that has its own; empty for the CPU, which shares the process's. */
    Optional<DeviceBytes> deviceBytes();

    /** Memory in use by this backend, by purpose. */
    BufferPool buffers();

    /** A zeroed tensor of its own memory. */
    Tensor allocate(DType dtype, int rows, int columns, String purpose);

    /** Copies a checkpoint's matrix to the device in the layout of this backend. */
    Weight pack(WeightSource source);

    /** As {@link #pack(WeightSource)}, for the embedding and the head, which rounding to FP8 ({@link KernelsConfig#rounding()}) spares. */
    default Weight packTable(WeightSource source) {
        return pack(source);
    }

    /** As {@link #pack(WeightSource)}, for {@link #gatedLinear}: the first half of the rows are gates, the second ups. */
    Weight packGateUp(WeightSource source);

    /** As {@link #pack(WeightSource)} of a quantised matrix. */
    Weight pack(QuantizedSource source);

    /** As {@link #packGateUp(WeightSource)} of a quantised matrix. */
    Weight packGateUp(QuantizedSource source);

    /**
     * Refuses a model that cannot be computed here for the size of its heads, before its weights are read.
     *
     * @throws KernelException with a {@link DeviceProblem}
     */
    void checkHeads(int headDim);

    /** Puts the experts of a layer together, which were packed one by one. */
    ExpertWeight group(List<Weight> experts);

    /**
     * Type of the rows that {@link #linear} and {@link #gatedLinear} multiply by {@code weight}: INT8 or F8_E4M3 where each row
     * is quantised by itself, else A. A tensor of that type with scales ({@link Tensor#withScales}) may stand for rows of A: a
     * norm quantises what it writes there, and the product takes it as it is. The bits are those of a norm to A and the product's
     * own quantising.
     */
    DType inputType(Weight weight);

    /** Memory for keys and values, zeroed, of type {@link #kvType()}. */
    default KvCache allocateKvCache(KvShape shape) {
        return allocateKvCache(shape, kvType());
    }

    /**
     * Memory for keys and values, zeroed, of one of {@link #kvTypes}. In INT8 each token's key, and value, of each head is rounded to
     * bytes with a scale of its own when it is stored.
     */
    KvCache allocateKvCache(KvShape shape, DType type);

    /**
     * As {@link #allocateKvCache(KvShape)} of type {@link #quantizedKvType()}: keys and values are rounded to E4M3 times their scale
     * when they are stored.
     */
    KvCache allocateKvCache(KvShape shape, KvScales scales);

    /** Copies {@code count} elements to the start of {@code target}, row-major over its view; the source may be reused at once. */
    void copyIn(int[] source, int count, Tensor target);

    /** As {@link #copyIn(int[], int, Tensor)}. */
    void copyIn(long[] source, int count, Tensor target);

    /** As {@link #copyIn(int[], int, Tensor)}; a tensor of 16 bits gets the nearest values, ties to even. */
    void copyIn(float[] source, int count, Tensor target);

    /**
     * As {@link #copyIn(int[], int, Tensor)} of token ids to a vector. The number {@code −1 − r} stands for the id in row {@code r} of
     * {@code drawn} INT32, which an operation before, not a copy, has written and the host need not know.
     */
    void copyInTokens(int[] source, int count, Tensor target, Tensor drawn);

    /** Waits for all earlier operations, then copies the first {@code count} elements, row-major over the view. */
    void copyOut(Tensor source, int count, int[] target);

    /** As {@link #copyOut(Tensor, int, int[])}; elements of 16 bits are widened. */
    void copyOut(Tensor source, int count, float[] target);

    /** A way to read results later, with room for {@code bytes} of them. */
    Readback newReadback(int bytes);

    /** Waits for all earlier operations. */
    void synchronize();

    /**
     * Steps that may be enqueued before the results of the first are read: 0 where an operation is done when its call returns, as
     * there is nothing to gain, 1 where the device works meanwhile.
     */
    int stepsAhead();

    /** {@code out[t, :] = scale · table[tokenIds[t], :]}; out F32 [T, E], table [V, E]. */
    void embed(Tensor out, PackedBatch batch, Weight table, float scale);

    /**
     * {@code out = in / √(mean(in²) + epsilon) · weight}, row by row; out A or, with scales, of an {@link #inputType}; in F32
     * [rows, E], weight F32 [1, E].
     */
    void rmsNorm(Tensor out, Tensor in, Tensor weight, float epsilon, int rows);

    /** {@code residual += delta} in place, then {@code out = rmsNorm(residual)}; residual F32, delta A [rows, E]. */
    void addRmsNorm(
            Tensor out, Tensor residual, Tensor delta, Tensor weight, float epsilon, int rows);

    /**
     * RMSNorm of each head, in place; heads A [rows, heads · D], weight F32 [1, D]. A row may be one head: the output of a
     * block, or all heads together.
     */
    void headRmsNorm(Tensor heads, Tensor weight, float epsilon, int rows);

    /**
     * {@code out = (in − mean(in)) / √(variance(in) + epsilon) · weight + bias}, row by row; out A, in F32 [rows, E], weight
     * F32 [1, E], bias F32 [1, E] or null.
     */
    void layerNorm(Tensor out, Tensor in, Tensor weight, Tensor bias, float epsilon, int rows);

    /** {@code residual += delta} in place, then {@code out = layerNorm(residual)}; residual F32, delta and out A [rows, E]. */
    void addLayerNorm(
            Tensor out,
            Tensor residual,
            Tensor delta,
            Tensor weight,
            Tensor bias,
            float epsilon,
            int rows);

    /**
     * {@code residual += delta} in place, unless delta is null, then {@code out = residual}, unless out is null; residual F32,
     * delta and out A [rows, E].
     */
    void add(Tensor out, Tensor residual, Tensor delta, int rows);

    /** {@code x = activation(x)} in place; x A [rows, F]. */
    void activate(Tensor x, Activation activation, int rows);

    /** {@code out = in · weightᵀ + bias}; out A or F32 [rows, n], in A (or {@link #inputType}) [rows, k], bias F32 [1, n] or null. */
    void linear(Tensor out, Tensor in, Weight weight, Tensor bias, int rows);

    /**
     * {@code tokenIds[r] = argmax over j of softCap(in · weightᵀ)[r, j]}, without storing the logits: what {@link #linear} to F32,
     * {@link #softCap} (left out where {@code softCap} is 0) and {@link #sample} of a greedy row without log-probabilities, bias,
     * penalties and mask would draw, from the same bits. Ties go to the lowest id; a row with NaN or +∞, or without a finite
     * logit, gets −1. tokenIds INT32 [rows], in A [rows, k].
     */
    void linearArgmax(Tensor tokenIds, Tensor in, Weight weight, float softCap, int rows);

    /**
     * Gated MLP input: {@code out = activation(in · gateᵀ + bias) · (in · upᵀ + bias)}; out A [rows, F], in A [rows,
     * E], gateUp [2F, E] of {@link #packGateUp(WeightSource)}, bias F32 [1, 2F], the F of the gates first, or null.
     */
    void gatedLinear(
            Tensor out, Tensor in, Weight gateUp, Tensor bias, Activation activation, int rows);

    /**
     * Chooses {@code routing.perToken()} experts for each row of {@code logits} F32 [T, experts]. Weights are the softmax over
     * the chosen logits, or, if not {@code normalized}, the chosen shares of the softmax over all.
     */
    void routeExperts(ExpertRouting routing, Tensor logits, boolean normalized, int rows);

    /**
     * As {@link #linear} for rows sorted by expert, each times its expert's matrix: out A [T · perToken, n], in A [T ·
     * perToken, k], bias F32 [experts, n] or null; {@code rows} is T.
     */
    void expertLinear(
            Tensor out,
            Tensor in,
            ExpertWeight weight,
            Tensor bias,
            ExpertRouting routing,
            int rows);

    /** As {@link #gatedLinear} for rows sorted by expert; bias F32 [experts, 2F] or null; {@code rows} is T. */
    void expertGatedLinear(
            Tensor out,
            Tensor in,
            ExpertWeight gateUp,
            Tensor bias,
            Activation activation,
            ExpertRouting routing,
            int rows);

    /**
     * {@code out[t] = Σ weight · in[row]} over the token's choices, in their order; out A [T, E], in A [T · perToken, E].
     */
    void combineExperts(Tensor out, Tensor in, ExpertRouting routing, int rows);

    /**
     * Rotates q in place, rotates k and stores it and v at the batch's slots in layer {@code layer}; q A [T, H · D], k
     * and v A [T, Hkv · D] (left as they are or rotated: not to be read afterwards). {@code rope} null stores k unrotated.
     */
    void ropeAndStoreKv(
            Tensor q, Tensor k, Tensor v, Rope rope, PackedBatch batch, KvCache cache, int layer);

    /**
     * Causal attention of every token row over its sequence's keys and values, which include its own; out and q A [T,
     * H · D]. Online softmax over blocks in order of position (Dao et al., arXiv 2205.14135; Kwon et al., arXiv 2309.06180).
     */
    void attention(
            Tensor out,
            Tensor q,
            KvCache cache,
            int layer,
            PackedBatch batch,
            AttentionParams params);

    /** {@code out[r, :] = in[rowIndexes[r], :]}; out, in A, rowIndexes INT32 [rows]. */
    void gatherRows(Tensor out, Tensor in, Tensor rowIndexes, int rows);

    /** {@code logits = softCap · tanh(logits / softCap)} in place; F32 [rows, V]. */
    void softCap(Tensor logits, float softCap, int rows);

    /** Copies whole blocks in all layers: {@code pairs} INT32 holds (source, target) twice {@code numPairs}. */
    void copyBlocks(KvCache cache, Tensor pairs, int numPairs);

    /** {@code out[r] = ln softmax(logits[r])[targets[r]]}; out F32 [rows], logits F32 [rows, V], targets INT32 [rows]. */
    void tokenLogprobs(Tensor out, Tensor logits, Tensor targets, int rows);

    /** Draws one token for each row of {@code logits} F32 [rows, V], which it overwrites; ties go to the lowest token id. */
    void sample(Tensor logits, SamplingBatch batch);

    /** Rows that a step of {@code rows} is padded to before {@link #replay}, so that few shapes are recorded; at least as many. */
    int replayRows(int rows);

    /**
     * Runs {@code step}, which calls operations only, no copies: the same ones on the same tensors with the same numbers of rows
     * whenever {@code shape} is the same. A backend may record them once, and from then on repeat them without running it.
     */
    void replay(int shape, Runnable step);

    /** Frees the device. Calling it again does nothing. */
    @Override
    void close();
}
