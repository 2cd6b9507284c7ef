package dev.millrace.engine.model;

import dev.millrace.engine.loader.Checkpoint;
import dev.millrace.engine.loader.MatrixSource;
import dev.millrace.engine.model.AttentionConfig.QkNorm;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.Rope;
import dev.millrace.kernels.Tensor;
import java.util.List;

/**
 * Brings the tensors of one layer after another to the device.
 *
 * <p>Thread-safety: none.
 */
final class LayerLoader {
    private final Checkpoint checkpoint;
    private final ModelConfig config;
    private final Kernels kernels;
    private final VectorLoader vectors;
    private final List<Rope> ropes;
    private String prefix;

    LayerLoader(Checkpoint checkpoint, Kernels kernels, VectorLoader vectors, List<Rope> ropes) {
        this.checkpoint = checkpoint;
        this.config = checkpoint.config();
        this.kernels = kernels;
        this.vectors = vectors;
        this.ropes = ropes;
    }

    LayerWeights load(int index) {
        prefix = "model.layers." + index + ".";
        LayerConfig layer = config.layers().get(index);
        LayerNames names = config.names();
        return new LayerWeights(
                vectors.norm(below(names.attentionNorm()), 1),
                qkv(),
                qkNorm("self_attn.q_norm"),
                qkNorm("self_attn.k_norm"),
                config.attention().sinks()
                        ? vectors.vectors(List.of(prefix + "self_attn.sinks"))
                        : null,
                layer.rope() == LayerConfig.NO_ROPE ? null : ropes.get(layer.rope()),
                linear("self_attn.o_proj", config.attention().outputBias()),
                vectors.normWeight(below(names.attentionPostNorm())),
                config.parallelBlock() ? null : vectors.norm(below(names.mlpNorm()), 1),
                mlp(layer.mlp()),
                vectors.normWeight(below(names.mlpPostNorm())));
    }

    private String below(String name) {
        return name == null ? null : prefix + name;
    }

    private Tensor qkNorm(String name) {
        return config.attention().qkNorm() == QkNorm.NONE ? null : vectors.normWeight(below(name));
    }

    private List<LinearLayer> qkv() {
        List<String> names = config.names().qkv();
        boolean bias = config.attention().qkvBias();
        List<MatrixSource> sources = sources(names);
        if (MatrixSource.canStack(sources)) {
            return List.of(
                    new LinearLayer(
                            MatrixSource.stack(sources).pack(kernels),
                            bias ? biases(names) : null));
        }
        return names.stream().map(name -> linear(name, bias)).toList();
    }

    private MlpWeights mlp(MlpConfig mlp) {
        List<String> names = config.names().gateUp();
        String down = config.names().down();
        if (mlp instanceof MlpConfig.Plain plain) {
            return new MlpWeights.Plain(
                    linear(names.get(0), plain.bias()),
                    plain.activation(),
                    linear(down, plain.bias()));
        }
        if (mlp instanceof MlpConfig.Experts experts) {
            return new ExpertLoader(checkpoint, kernels, vectors, experts).load(prefix);
        }
        MlpConfig.Gated gated = (MlpConfig.Gated) mlp;
        return new MlpWeights.Gated(
                MatrixSource.stack(sources(names)).packGateUp(kernels),
                gated.bias() ? biases(names) : null,
                gated.activation(),
                linear(down, gated.bias()));
    }

    private LinearLayer linear(String name, boolean bias) {
        return new LinearLayer(source(name).pack(kernels), bias ? biases(List.of(name)) : null);
    }

    private MatrixSource source(String name) {
        return checkpoint.source(prefix + name + ".weight");
    }

    private List<MatrixSource> sources(List<String> names) {
        return names.stream().map(this::source).toList();
    }

    private Tensor biases(List<String> names) {
        return vectors.vectors(names.stream().map(name -> prefix + name + ".bias").toList());
    }
}
