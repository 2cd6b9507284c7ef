package dev.millrace.engine.model;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * What lies between the matrices of an MLP; one piece of memory for all layers, whatever their sizes.
 *
 * <p>Thread-safety: none.
 */
final class MlpActivations {
    private final List<Tensor> views;
    private final ExpertActivations experts;

    MlpActivations(ModelConfig config, Kernels kernels, int maxTokens) {
        int widest = Math.toIntExact(widest(config));
        Tensor memory =
                kernels.allocate(kernels.activationType(), maxTokens, widest, "activations");
        views =
                config.layers().stream()
                        .map(layer -> layer.mlp().size())
                        .distinct()
                        .map(columns -> view(memory, columns))
                        .toList();
        experts =
                experts(config)
                        .map(e -> ExpertActivations.of(e, config.hiddenSize(), kernels, maxTokens))
                        .orElse(null);
    }

    private static Optional<MlpConfig.Experts> experts(ModelConfig config) {
        return config.layers().stream()
                .map(LayerConfig::mlp)
                .filter(MlpConfig.Experts.class::isInstance)
                .map(MlpConfig.Experts.class::cast)
                .findFirst();
    }

    private static Tensor view(Tensor memory, int columns) {
        int rows = (int) ((long) memory.rows() * memory.columns() / columns);
        return new Tensor(memory.dtype(), rows, columns, columns, memory.buffer(), memory.offset());
    }

    static long bytes(ModelConfig config, DType type, int maxTokens) {
        long experts =
                experts(config)
                        .map(e -> ExpertActivations.bytesPerToken(e, config.hiddenSize(), type))
                        .orElse(0L);
        return maxTokens * (widest(config) * type.sizeBytes() + experts);
    }

    private static long widest(ModelConfig config) {
        return config.layers().stream()
                .mapToLong(layer -> (long) layer.mlp().size() * layer.mlp().rowsPerToken())
                .max()
                .orElseThrow();
    }

    /** Null if no layer has experts. */
    ExpertActivations experts() {
        return experts;
    }

    /** A [rows, columns] for the MLPs of this size. */
    Tensor of(int columns) {
        for (int i = 0; i < views.size(); i++) {
            if (views.get(i).columns() == columns) {
                return views.get(i);
            }
        }
        throw new IllegalArgumentException("no MLP of " + columns);
    }
}
