package dev.millrace.engine.model;

import dev.millrace.kernels.AttentionParams;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.KvCache;
import dev.millrace.kernels.PackedBatch;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.Weight;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The forward pass of a decoder with rotary positions, over a packed batch.
 *
 * <p>Layer: {@code x += attention(norm(x)); x += mlp(norm(x))}, where families may norm what is added, norm nothing that is
 * read, or add both of what one norm gives. Each addition is fused with the norm that follows it, so the last layer's
 * output is already normed. Source: Touvron et al., Llama 2, arXiv 2307.09288, and the configuration of each family.
 *
 * <p>Thread-safety: none; used by the engine thread, which owns the kernels.
 */
public final class Decoder {
    private final ModelConfig config;
    private final Kernels kernels;
    private final DecoderWeights weights;
    private final Map<DType, Tensor> inputs = new EnumMap<>(DType.class);
    private final List<Tensor> attentionInputs = new ArrayList<>();
    private final List<Tensor> mlpInputs = new ArrayList<>();
    private final List<AttentionParams> attentionParams = new ArrayList<>();
    private final Tensor residual;
    private final Tensor normed;
    private final Tensor q;
    private final Tensor k;
    private final Tensor v;
    private final Tensor[] fusedQkv;
    private final Tensor[] splitQkv;
    private final Tensor attended;
    private final Tensor delta;
    private final MlpActivations mlpActivations;

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
        mlpActivations = new MlpActivations(config, kernels, maxTokens);
        Tensor all = activations(maxTokens, qColumns + 2 * kvColumns);
        q = all.columns(0, qColumns);
        k = all.columns(qColumns, qColumns + kvColumns);
        v = all.columns(qColumns + kvColumns, qColumns + 2 * kvColumns);
        fusedQkv = new Tensor[] {all};
        splitQkv = new Tensor[] {q, k, v};
        inputs.put(kernels.activationType(), normed);
        for (int i = 0; i < config.numLayers(); i++) {
            LayerWeights layer = weights.layers().get(i);
            attentionInputs.add(
                    inputOf(
                            layer.attentionNorm(),
                            layer.qkv().stream().map(LinearLayer::weight).toList()));
            mlpInputs.add(inputOf(layer.mlpNorm(), layer.mlp().readers()));
            attentionParams.add(
                    attentionParams(config.layers().get(i).slidingWindow(), layer.sinks()));
        }
    }

    /**
     * Where a norm puts what {@code readers} multiply: quantised at once where all of them want it so. LayerNorm does not quantise,
     * and in a parallel block attention and MLP read one norm.
     */
    private Tensor inputOf(Norm norm, List<Weight> readers) {
        List<DType> types = readers.stream().map(kernels::inputType).distinct().toList();
        boolean quantises = norm instanceof Norm.Rms && !config.parallelBlock();
        return quantises && types.size() == 1
                ? inputs.computeIfAbsent(types.get(0), this::quantised)
                : normed;
    }

    private Tensor quantised(DType type) {
        Tensor scales = kernels.allocate(DType.F32, 1, normed.rows(), "activations");
        return kernels.allocate(type, normed.rows(), normed.columns(), "activations")
                .withScales(scales);
    }

    private AttentionParams attentionParams(int slidingWindow, Tensor sinks) {
        return new AttentionParams(
                config.numHeads(),
                config.numKvHeads(),
                config.headDim(),
                config.attention().scale(),
                slidingWindow,
                config.attention().softCap(),
                sinks);
    }

    /** Memory that a decoder with {@code maxTokens} token rows of activations takes beside its weights. */
    public static long activationBytes(ModelConfig config, DType type, int maxTokens) {
        long queries = (long) config.numHeads() * config.headDim();
        long keys = (long) config.numKvHeads() * config.headDim();
        long elements = 2L * config.hiddenSize() + 2 * queries + 2 * keys;
        return maxTokens * (elements * type.sizeBytes() + 4L * config.hiddenSize())
                + MlpActivations.bytes(config, type, maxTokens);
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
        weights.layers()
                .get(0)
                .attentionNorm()
                .read(kernels, attentionInputs.get(0), residual, rows);
        for (int i = 0; i < config.numLayers(); i++) {
            LayerWeights layer = weights.layers().get(i);
            Tensor mlpInput = mlpInputs.get(i);
            attention(layer, i, batch, cache);
            normOutput(layer.attentionPostNorm(), rows);
            if (config.parallelBlock()) {
                kernels.add(null, residual, delta, rows);
            } else {
                layer.mlpNorm().addAndRead(kernels, mlpInput, residual, delta, rows);
            }
            layer.mlp().apply(kernels, mlpActivations, delta, mlpInput, rows);
            normOutput(layer.mlpPostNorm(), rows);
            Tensor next = i + 1 < config.numLayers() ? attentionInputs.get(i + 1) : normed;
            nextNorm(i).addAndRead(kernels, next, residual, delta, rows);
        }
        return normed;
    }

    private void attention(LayerWeights layer, int index, PackedBatch batch, KvCache cache) {
        int rows = batch.numTokens();
        Tensor[] outs = layer.qkv().size() == 1 ? fusedQkv : splitQkv;
        for (int part = 0; part < outs.length; part++) {
            layer.qkv().get(part).apply(kernels, outs[part], attentionInputs.get(index), rows);
        }
        if (layer.qNorm() != null) {
            kernels.headRmsNorm(q, layer.qNorm(), config.norm().epsilon(), rows);
            kernels.headRmsNorm(k, layer.kNorm(), config.norm().epsilon(), rows);
        }
        kernels.ropeAndStoreKv(q, k, v, layer.rope(), batch, cache, index);
        kernels.attention(attended, q, cache, index, batch, attentionParams.get(index));
        layer.output().apply(kernels, delta, attended, rows);
    }

    private void normOutput(Tensor weight, int rows) {
        if (weight != null) {
            kernels.headRmsNorm(delta, weight, config.norm().epsilon(), rows);
        }
    }

    private Norm nextNorm(int layer) {
        return layer + 1 < config.numLayers()
                ? weights.layers().get(layer + 1).attentionNorm()
                : weights.finalNorm();
    }

    /** E. */
    public int hiddenSize() {
        return config.hiddenSize();
    }

    /** What the states of {@link #forward} are multiplied by, for the head's sake: the final norm's weights hold the logits' factor. */
    public float stateScale() {
        return config.logitScale();
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
