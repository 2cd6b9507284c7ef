package dev.millrace.engine.model;

import dev.millrace.kernels.AttentionParams;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.KvCache;
import dev.millrace.kernels.PackedBatch;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.Weight;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The forward pass of a pre-norm decoder with rotary positions and a gated MLP, over a packed batch.
 *
 * <p>Layer: {@code x += attention(norm(x)); x += mlp(norm(x))}. Each addition is fused with the norm that follows it, so
 * the last layer's output is already normed. Source: Touvron et al., Llama 2, arXiv 2307.09288, and the configuration
 * of each family.
 *
 * <p>Thread-safety: none; used by the engine thread, which owns the kernels.
 */
public final class Decoder {
    private final ModelConfig config;
    private final Kernels kernels;
    private final DecoderWeights weights;
    private final AttentionParams[] attentionParams;
    private final Map<DType, Tensor> inputs = new EnumMap<>(DType.class);
    private final Tensor[] attentionInputs;
    private final Tensor[] mlpInputs;
    private final Tensor residual;
    private final Tensor normed;
    private final Tensor q;
    private final Tensor k;
    private final Tensor v;
    private final Tensor[] fusedQkv;
    private final Tensor[] splitQkv;
    private final Tensor attended;
    private final Tensor gated;
    private final Tensor delta;

    /** A decoder with activations for up to {@code maxTokens} token rows. */
    Decoder(ModelConfig config, Kernels kernels, DecoderWeights weights, int maxTokens) {
        this.config = config;
        this.kernels = kernels;
        this.weights = weights;
        int qColumns = config.numHeads() * config.headDim();
        int kvColumns = config.numKvHeads() * config.headDim();
        residual = kernels.allocate(DType.F32, maxTokens, config.hiddenSize(), "activations");
        normed = activations(maxTokens, config.hiddenSize());
        delta = activations(maxTokens, config.hiddenSize());
        attended = activations(maxTokens, qColumns);
        gated = activations(maxTokens, config.intermediateSize());
        Tensor all = activations(maxTokens, qColumns + 2 * kvColumns);
        q = all.columns(0, qColumns);
        k = all.columns(qColumns, qColumns + kvColumns);
        v = all.columns(qColumns + kvColumns, qColumns + 2 * kvColumns);
        fusedQkv = new Tensor[] {all};
        splitQkv = new Tensor[] {q, k, v};
        inputs.put(kernels.activationType(), normed);
        attentionInputs = new Tensor[config.numLayers()];
        mlpInputs = new Tensor[config.numLayers()];
        attentionParams = new AttentionParams[config.numLayers()];
        for (int i = 0; i < attentionParams.length; i++) {
            LayerWeights layer = weights.layers().get(i);
            attentionInputs[i] = inputOf(layer.qkv().stream().map(LinearLayer::weight).toList());
            mlpInputs[i] = inputOf(List.of(layer.gateUp()));
            attentionParams[i] = attentionParams(i);
        }
    }

    /** Where a norm puts what these weights multiply: quantised at once where all of them want it so. */
    private Tensor inputOf(List<Weight> consumers) {
        List<DType> types = consumers.stream().map(kernels::inputType).distinct().toList();
        return types.size() == 1 ? inputs.computeIfAbsent(types.get(0), this::quantised) : normed;
    }

    private Tensor quantised(DType type) {
        Tensor scales = kernels.allocate(DType.F32, 1, normed.rows(), "activations");
        return kernels.allocate(type, normed.rows(), normed.columns(), "activations")
                .withScales(scales);
    }

    private AttentionParams attentionParams(int layer) {
        return new AttentionParams(
                config.numHeads(),
                config.numKvHeads(),
                config.headDim(),
                config.attentionScale(),
                config.slidingWindow(layer),
                config.attentionSoftCap());
    }

    /** Memory that a decoder with {@code maxTokens} token rows of activations takes beside its weights. */
    public static long activationBytes(ModelConfig config, DType type, int maxTokens) {
        long queries = (long) config.numHeads() * config.headDim();
        long keys = (long) config.numKvHeads() * config.headDim();
        long elements =
                2L * config.hiddenSize() + 2 * queries + 2 * keys + config.intermediateSize();
        return maxTokens * (elements * type.sizeBytes() + 4L * config.hiddenSize());
    }

    private Tensor activations(int rows, int columns) {
        return kernels.allocate(kernels.activationType(), rows, columns, "activations");
    }

    /**
     * Computes keys and values of the batch's tokens and returns their last hidden states after the final norm: A [T, E],
     * valid until the next call.
     */
    public Tensor forward(PackedBatch batch, KvCache cache) {
        int rows = batch.numTokens();
        kernels.embed(residual, batch, weights.embedding(), config.embeddingScale());
        kernels.rmsNorm(
                attentionInputs[0],
                residual,
                weights.layers().get(0).inputNorm(),
                config.normEpsilon(),
                rows);
        for (int i = 0; i < config.numLayers(); i++) {
            LayerWeights layer = weights.layers().get(i);
            attention(layer, i, batch, cache);
            kernels.addRmsNorm(
                    mlpInputs[i],
                    residual,
                    delta,
                    layer.postAttentionNorm(),
                    config.normEpsilon(),
                    rows);
            mlp(layer, mlpInputs[i], rows);
            Tensor next = i + 1 < config.numLayers() ? attentionInputs[i + 1] : normed;
            kernels.addRmsNorm(next, residual, delta, nextNorm(i), config.normEpsilon(), rows);
        }
        return normed;
    }

    private void attention(LayerWeights layer, int index, PackedBatch batch, KvCache cache) {
        int rows = batch.numTokens();
        Tensor[] outs = layer.qkv().size() == 1 ? fusedQkv : splitQkv;
        for (int part = 0; part < outs.length; part++) {
            layer.qkv().get(part).apply(kernels, outs[part], attentionInputs[index], rows);
        }
        if (layer.qNorm() != null) {
            kernels.headRmsNorm(q, layer.qNorm(), config.normEpsilon(), rows);
            kernels.headRmsNorm(k, layer.kNorm(), config.normEpsilon(), rows);
        }
        kernels.ropeAndStoreKv(q, k, v, weights.rope(), batch, cache, index);
        kernels.attention(attended, q, cache, index, batch, attentionParams[index]);
        layer.output().apply(kernels, delta, attended, rows);
    }

    private void mlp(LayerWeights layer, Tensor input, int rows) {
        kernels.gatedLinear(
                gated, input, layer.gateUp(), layer.gateUpBias(), config.activation(), rows);
        layer.down().apply(kernels, delta, gated, rows);
    }

    private Tensor nextNorm(int layer) {
        return layer + 1 < config.numLayers()
                ? weights.layers().get(layer + 1).inputNorm()
                : weights.finalNorm();
    }

    /** E. */
    public int hiddenSize() {
        return config.hiddenSize();
    }

    /** The most likely token after each of {@code rows} hidden states, −1 where there is none: INT32 [rows] from A [rows, E]. */
    public void nextTokens(Tensor tokenIds, Tensor hidden, int rows) {
        kernels.linearArgmax(tokenIds, hidden, weights.head(), config.finalLogitSoftCap(), rows);
    }

    /** Logits of {@code rows} hidden states: {@code out} F32 [rows, V] from {@code hidden} A [rows, E]. */
    public void logits(Tensor out, Tensor hidden, int rows) {
        kernels.linear(out, hidden, weights.head(), null, rows);
        if (config.finalLogitSoftCap() != 0) {
            kernels.softCap(out, config.finalLogitSoftCap(), rows);
        }
    }
}
