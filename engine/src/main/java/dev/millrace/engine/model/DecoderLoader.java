package dev.millrace.engine.model;

import dev.millrace.engine.loader.Checkpoint;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.Rope;
import dev.millrace.kernels.Weight;
import java.util.ArrayList;
import java.util.List;

/**
 * Brings a checkpoint's tensors to the device, tensor by tensor.
 *
 * <p>Thread-safety: none.
 */
public final class DecoderLoader {
    private DecoderLoader() {}

    /**
     * Loads all weights; the decoder takes up to {@code maxTokens} token rows at a time of sequences up to {@code
     * maxModelLen}.
     *
     * @throws dev.millrace.engine.InvalidModelException if a tensor is missing or has another shape than the config says
     */
    public static Decoder load(
            Checkpoint checkpoint, Kernels kernels, int maxTokens, int maxModelLen) {
        ModelConfig config = checkpoint.config();
        return new Decoder(config, kernels, weights(checkpoint, kernels, maxModelLen), maxTokens);
    }

    private static DecoderWeights weights(Checkpoint checkpoint, Kernels kernels, int maxModelLen) {
        ModelConfig config = checkpoint.config();
        VectorLoader vectors = new VectorLoader(checkpoint, kernels);
        Weight embedding = checkpoint.source("model.embed_tokens.weight").packTable(kernels);
        List<Rope> ropes = new ArrayList<>();
        for (RopeConfig rope : config.ropes()) {
            ropes.add(RopeTable.of(kernels, rope, maxModelLen));
        }
        LayerLoader loader = new LayerLoader(checkpoint, kernels, vectors, ropes);
        List<LayerWeights> layers = new ArrayList<>();
        LoadProgress progress = new LoadProgress(config.numLayers());
        for (int i = 0; i < config.numLayers(); i++) {
            layers.add(loader.load(i));
            progress.report(i + 1, kernels.buffers().totalBytes());
        }
        Weight head =
                config.tieWordEmbeddings()
                        ? embedding
                        : checkpoint.source("lm_head.weight").packTable(kernels);
        Norm finalNorm = vectors.norm("model.norm", config.logitScale());
        return new DecoderWeights(embedding, layers, finalNorm, head);
    }
}
