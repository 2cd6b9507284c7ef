package dev.millrace.engine.model;

import dev.millrace.engine.loader.Checkpoint;
import dev.millrace.engine.loader.MatrixSource;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.Rope;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.Weight;
import java.util.ArrayList;
import java.util.List;

/**
 * Brings a checkpoint's tensors to the device, tensor by tensor.
 *
 * <p>Thread-safety: none.
 */
public final class DecoderLoader {
    private final Checkpoint checkpoint;
    private final ModelConfig config;
    private final Kernels kernels;

    private DecoderLoader(Checkpoint checkpoint, Kernels kernels) {
        this.checkpoint = checkpoint;
        this.config = checkpoint.config();
        this.kernels = kernels;
    }

    /**
     * Loads all weights; the decoder takes up to {@code maxTokens} token rows at a time of sequences up to {@code
     * maxModelLen}.
     *
     * @throws dev.millrace.engine.InvalidModelException if a tensor is missing or has another shape than the config says
     */
    public static Decoder load(
            Checkpoint checkpoint, Kernels kernels, int maxTokens, int maxModelLen) {
        DecoderLoader loader = new DecoderLoader(checkpoint, kernels);
        return new Decoder(checkpoint.config(), kernels, loader.weights(maxModelLen), maxTokens);
    }

    private DecoderWeights weights(int maxModelLen) {
        Weight embedding = source("model.embed_tokens").pack(kernels);
        List<LayerWeights> layers = new ArrayList<>();
        LoadProgress progress = new LoadProgress(config.numLayers());
        for (int i = 0; i < config.numLayers(); i++) {
            layers.add(layer("model.layers." + i + "."));
            progress.report(i + 1, kernels.buffers().totalBytes());
        }
        Weight head = config.tieWordEmbeddings() ? embedding : source("lm_head").pack(kernels);
        return new DecoderWeights(
                embedding, layers, vector("model.norm.weight"), head, rope(maxModelLen));
    }

    private LayerWeights layer(String prefix) {
        String attention = prefix + "self_attn.";
        String mlp = prefix + "mlp.";
        return new LayerWeights(
                vector(prefix + "input_layernorm.weight"),
                qkv(attention),
                config.qkNorm() ? vector(attention + "q_norm.weight") : null,
                config.qkNorm() ? vector(attention + "k_norm.weight") : null,
                linear(attention + "o_proj", config.attentionOutputBias()),
                vector(prefix + "post_attention_layernorm.weight"),
                MatrixSource.stack(sources(List.of(mlp + "gate_proj", mlp + "up_proj")))
                        .packGateUp(kernels),
                config.mlpBias()
                        ? vectors(List.of(mlp + "gate_proj.bias", mlp + "up_proj.bias"))
                        : null,
                linear(mlp + "down_proj", config.mlpBias()));
    }

    private List<LinearLayer> qkv(String attention) {
        List<String> names =
                List.of(attention + "q_proj", attention + "k_proj", attention + "v_proj");
        List<MatrixSource> sources = sources(names);
        if (MatrixSource.canStack(sources)) {
            Tensor bias =
                    config.qkvBias()
                            ? vectors(names.stream().map(name -> name + ".bias").toList())
                            : null;
            return List.of(new LinearLayer(MatrixSource.stack(sources).pack(kernels), bias));
        }
        return names.stream().map(name -> linear(name, config.qkvBias())).toList();
    }

    private LinearLayer linear(String name, boolean bias) {
        return new LinearLayer(source(name).pack(kernels), bias ? vector(name + ".bias") : null);
    }

    private MatrixSource source(String name) {
        return checkpoint.source(name + ".weight");
    }

    private List<MatrixSource> sources(List<String> names) {
        return names.stream().map(this::source).toList();
    }

    private Tensor vector(String name) {
        return vectors(List.of(name));
    }

    /** The named vectors one after another: F32 [1, length of all]. */
    private Tensor vectors(List<String> names) {
        List<float[]> parts = names.stream().map(checkpoint::vector).toList();
        float[] all = new float[parts.stream().mapToInt(part -> part.length).sum()];
        int offset = 0;
        for (float[] part : parts) {
            System.arraycopy(part, 0, all, offset, part.length);
            offset += part.length;
        }
        return device(all, 1, all.length);
    }

    private Tensor device(float[] values, int rows, int columns) {
        Tensor tensor = kernels.allocate(DType.F32, rows, columns, "weights");
        kernels.copyIn(values, values.length, tensor);
        return tensor;
    }

    /** Angles in float32, as the published numbers are computed: {@code position · inverse frequency}. */
    private Rope rope(int maxModelLen) {
        RopeFrequencies frequencies = RopeFrequencies.of(config.rope());
        float[] inverse = frequencies.inverse();
        float[] cos = new float[maxModelLen * inverse.length];
        float[] sin = new float[maxModelLen * inverse.length];
        for (int position = 0; position < maxModelLen; position++) {
            for (int i = 0; i < inverse.length; i++) {
                float angle = position * inverse[i];
                cos[position * inverse.length + i] =
                        (float) StrictMath.cos(angle) * frequencies.attentionFactor();
                sin[position * inverse.length + i] =
                        (float) StrictMath.sin(angle) * frequencies.attentionFactor();
            }
        }
        return new Rope(
                device(cos, maxModelLen, inverse.length),
                device(sin, maxModelLen, inverse.length),
                2 * inverse.length,
                false);
    }
}
