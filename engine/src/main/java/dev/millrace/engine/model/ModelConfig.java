package dev.millrace.engine.model;

import dev.millrace.engine.TokenIds;
import java.util.List;
import java.util.Objects;

/**
 * Everything the decoder needs to know about a model beside its weights, whatever format the checkpoint has.
 *
 * @param modelType family, in Hugging Face's word
 * @param hiddenSize elements of a token's state
 * @param numHeads query heads
 * @param numKvHeads key and value heads, a divisor of {@code numHeads}
 * @param headDim elements of a head
 * @param vocabSize rows of the embedding and of the output matrix
 * @param maxPositionEmbeddings longest sequence in tokens
 * @param norm how the model norms
 * @param attention what its attention layers share
 * @param parallelBlock attention and MLP read the same input, and both are added to it
 * @param layers decoder layers in order
 * @param ropes rotations of queries and keys, which layers name by their index
 * @param names where a layer's weights are
 * @param tieWordEmbeddings the output matrix is the embedding
 * @param embeddingScale factor of the embeddings
 * @param logitScale factor of the logits
 * @param finalLogitSoftCap soft cap of the logits; 0 for none
 * @param bosTokenId token that starts a text; -1 for none
 * @param eosTokenIds tokens that end an answer
 */
public record ModelConfig(
        String modelType,
        int hiddenSize,
        int numHeads,
        int numKvHeads,
        int headDim,
        int vocabSize,
        int maxPositionEmbeddings,
        NormConfig norm,
        AttentionConfig attention,
        boolean parallelBlock,
        List<LayerConfig> layers,
        List<RopeConfig> ropes,
        LayerNames names,
        boolean tieWordEmbeddings,
        float embeddingScale,
        float logitScale,
        float finalLogitSoftCap,
        int bosTokenId,
        TokenIds eosTokenIds) {

    public ModelConfig {
        Objects.requireNonNull(modelType, "modelType");
        Objects.requireNonNull(norm, "norm");
        Objects.requireNonNull(attention, "attention");
        Objects.requireNonNull(names, "names");
        Objects.requireNonNull(eosTokenIds, "eosTokenIds");
        layers = List.copyOf(layers);
        ropes = List.copyOf(ropes);
        for (LayerConfig layer : layers) {
            if (layer.rope() >= ropes.size()) {
                throw new IllegalArgumentException(layer + " with " + ropes.size() + " rotations");
            }
        }
    }

    /** L. */
    public int numLayers() {
        return layers.size();
    }

    /**
     * Positions behind which no layer looks: the widest window, if every layer has one; otherwise 0. What lies behind may
     * be forgotten.
     */
    public int commonWindow() {
        int widest = 0;
        for (LayerConfig layer : layers) {
            if (layer.slidingWindow() == 0) {
                return 0;
            }
            widest = Math.max(widest, layer.slidingWindow());
        }
        return widest;
    }

    /** Tokens up to which the short factors of {@link RopeScaling.LongRope} hold; 0 for other models. */
    public int shortRopePositions() {
        for (RopeConfig rope : ropes) {
            if (rope.scaling() instanceof RopeScaling.LongRope scaling) {
                return scaling.originalPositions();
            }
        }
        return 0;
    }
}
